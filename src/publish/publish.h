#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H

/*
 * Issue + audience -> deliveries. Planning freezes everything that a mailing's
 * messages are made of (design: frozen mailings) and writes one delivery per
 * reader, all in one transaction: afterwards either the whole audience is
 * planned or nothing is.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "model/audience.h"
#include "model/reader.h"
#include "publish/publish_rehearsal.h"
#include "secret/secret.h"
#include "sign/sign.h"
#include "store/store.h"

struct publish_counts {
	int64_t readers;  /* planned now */
	int64_t skipped;  /* of them: nothing relevant, by the site's rules */
	int64_t editions; /* different digests */
};

/* How a mailing is to go. */
struct publish_wish {
	/* Who sends; must be another than who approved, where the site wants
	   approval. */
	const char *operator;

	/* Not NULL: plan nothing, and rehearse there what would be planned,
	   approved or not. */
	struct publish_rehearsal *rehearsal;
	int64_t limit;    /* above 0: let so many deliveries go */
	int64_t start_ms; /* not before; 0: at once */

	/* A mailing for these alone, and the text that says so; NULL: for all.
	 */
	const struct audience *audience; /* people/people_audience.h */
	const char *expression;
};

/* Plans the mailing of an issue unless it has one; with an audience, a further
   one for those who have no delivery of the issue yet. *ret_planned says
   whether one was planned, or rehearsed, now: not when there is nobody left.
   Complaints about the issue are added to the list. Errors: ERR_DATA (the issue
   has errors, nobody to send to, its mailings are all cancelled), ERR_NO_INPUT
   (no such issue), ERR_TEMP (a further one while the issue is paused),
   ERR_NO_PERM (not approved). */
bool publish_plan(const struct site *site, struct store *store,
    const struct secret_keys *keys, const char *issue,
    const struct publish_wish *wish, struct complaints *complaints,
    bool *ret_planned, struct publish_counts *ret_counts,
    struct err *err) GM_MUST_CHECK;

struct publish_replanned {
	int64_t readers;  /* get the content as it is now */
	int64_t skipped;  /* of them: nothing is relevant any more */
	int64_t editions; /* different digests */
	int64_t kept;     /* open, but begun once: the bytes stay */
};

/* Plans the content of an issue's mailings anew, from the issue folder,
   templates, settings and interests as they are now, for all deliveries that
   were never begun; in one transaction. Audience, addresses and names stay as
   they were planned, and so do the bytes of whatever was begun. Of the wish
   limit and start do not count. Errors: as publish_plan, ERR_NO_INPUT (not
   planned), ERR_DATA (finished, cancelled). */
bool publish_replan(const struct site *site, struct store *store,
    const char *issue, const struct publish_wish *wish,
    struct complaints *complaints, struct publish_replanned *ret_counts,
    struct err *err) GM_MUST_CHECK;

/* Whom a preview or a test is made for: a subscriber, whatever the state, or
   anyone else as a reader without interests. */
struct publish_reader {
	struct person person;
	struct reader reader;
};

bool publish_find_reader(struct arena *arena, struct store *store,
    const char *address, struct publish_reader *ret_reader,
    struct err *err) GM_MUST_CHECK;

/* A number for a notice that no other notice has: random, for two may be made
   in one millisecond and in two processes. */
int64_t publish_notice_number(void);

/* Composes the issue as it stands now for that reader, signed with the site's
   DKIM keys, and queues it as a notice, outside all books. `as` NULL: for the
   one at the address; else as that reader gets it, stories, greeting, subject
   and all, but with the address that it goes to, and links that change nothing
   for anybody. */
bool publish_test(const struct site *site, struct store *store,
    const struct secret_keys *keys, const struct sign *sign, const char *issue,
    const char *address, const char *as, struct complaints *complaints,
    int64_t *ret_notice, struct err *err) GM_MUST_CHECK;

#endif
