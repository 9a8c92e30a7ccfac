#ifndef PEOPLE_PEOPLE_WORK_H
#define PEOPLE_PEOPLE_WORK_H

/*
 * Inside people/: the work of importing one file, which reads it twice. The
 * survey checks every line, hashes the file and looks for addresses and people
 * given twice; only when there is no fault does the settling, within one
 * transaction, compare each line with what is stored and write what differs.
 */

#include "base/vec.h"
#include "people/people_file.h"
#include "people/people_keys.h"
#include "people/people_near.h"
#include "people/people_row.h"
#include "sign/sha256.h"

/* An address of the file, to find doubles; three words, for there may be
   millions. */
struct people_seen {
	uint32_t high, low; /* the hash of its key */
	uint32_t line;
};

/* A run of addresses that differ by a growing number alone. */
struct people_numbered {
	char stem[260]; /* before the number, and the domain */
	int64_t number;
	size_t run;
	size_t first_line;
};

struct people_barrier;

struct people_work {
	struct people_import *import;
	struct store *store;
	struct complaints *complaints;
	struct people_tally tally;
	struct people_vocabulary vocabulary;
	struct people_keys known; /* all subscribers */
	struct sha256 *sum;       /* of the file, while it is read */

	/* Of the survey. */
	GM_VEC(struct people_seen) seen;
	GM_VEC(size_t) doubles; /* lines, sorted */
	struct people_numbered numbered;
	struct people_near *near;
	size_t slips; /* addresses that look mistyped */

	/* Of the settling. */
	struct people_keys barred;      /* all suppressed addresses */
	struct people_barrier *barrier; /* all erased ones */
	int64_t wordings[LANGUAGES];    /* 0: not looked up yet */
	size_t without_basis;
	size_t first_without_basis;
	unsigned char sha256[SHA256_BYTES];
	int64_t now;
	bool writing;

	struct arena *arena; /* of the present line */
};

/* A walk over the whole file; its hash goes to `ret_sha256`. */
bool people_work_walk(struct people_work *work, people_file_fn *each,
    unsigned char ret_sha256[SHA256_BYTES], struct complaints *complaints,
    struct err *err) GM_MUST_CHECK;

/* Reads a line; `ret_texts` gets its fields by column, NULL for those that the
   file has not. False when there was a complaint. */
bool people_work_line(struct people_work *work,
    const struct people_header *header, const struct csv_row *row,
    const char *ret_texts[COLUMNS], struct complaints *complaints,
    struct store_subscriber *ret_row);

/* The first pass; faults are complaints. */
bool people_survey(struct people_work *work, struct err *err) GM_MUST_CHECK;

/* Whether the address of this line was on a line before it. */
bool people_survey_is_double(const struct people_work *work, size_t line);

#endif
