#ifndef PUBLISH_PUBLISH_AUDIENCE_H
#define PUBLISH_PUBLISH_AUDIENCE_H

/*
 * What an issue as it stands today would be to all who may be mailed: how many
 * get each story and why, which editions there are, and who gets little. Reads
 * only. Memory grows with stories and editions, not with readers.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/material.h"
#include "digest/tailor.h"
#include "model/audience.h"
#include "store/store.h"

/* Of those who get little, so many are named. */
enum { PUBLISH_SCANT_MOST = 1000 };

struct publish_story {
	const struct article *article;
	int64_t readers;
	int64_t first;                     /* of them: as their first story */
	int64_t by_reason[TAILOR_REASONS]; /* readers, by kind of reason */
};

struct publish_edition {
	const char *spec; /* digest/tailor.h */
	int64_t readers;
	struct person example; /* the first of them */
};

/* One who gets at most one story for an interest or place of their own. */
struct publish_scant {
	const char *address;
	size_t stories; /* in the digest */
	size_t own;     /* of them for an interest or place */
};

struct publish_audience {
	const struct issue *issue;
	int64_t readers; /* who may be mailed */
	int64_t skipped; /* of them: no mail, by the site's rules */
	int64_t whole;   /* of them: without interests, so the whole issue */
	struct publish_story *stories;    /* in issue order */
	struct publish_edition *editions; /* with most readers first */
	size_t edition_count;
	int64_t nothing; /* readers with interests and no story for one */
	int64_t little;  /* with one such story */
	struct publish_scant *scant;
	size_t scant_count;
};

/* Reads the issue and chooses for everyone who may be mailed, or those of them
   that `who` means (NULL: all), whoever has it already. Complaints are about
   the issue. */
bool publish_audience(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const struct audience *who,
    struct complaints *complaints, struct publish_audience *ret_audience,
    struct err *err) GM_MUST_CHECK;

/* The same for material at hand. */
bool publish_audience_tally(struct arena *arena, const struct site *site,
    struct store *store, const struct material *material,
    const struct audience *who, struct publish_audience *ret_audience,
    struct err *err) GM_MUST_CHECK;

#endif
