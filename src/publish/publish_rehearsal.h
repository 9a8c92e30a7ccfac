#ifndef PUBLISH_PUBLISH_REHEARSAL_H
#define PUBLISH_PUBLISH_REHEARSAL_H

/*
 * A run without its mail: every digest is rendered and composed as it would be
 * sent (but for signatures), measured and thrown away. Faults are collected,
 * not stumbled over. Memory grows by eight bytes a reader, and by what makes
 * editions different.
 */

#include "digest/material.h"
#include "model/reader.h"
#include "secret/secret.h"

enum {
	PUBLISH_HTML_LARGE =
	    90 * 1000,            /* bytes; mail programs cut at 102,400 */
	PUBLISH_FAULTS_KEPT = 20, /* different ones */
};

struct publish_sizes {
	int64_t smallest; /* bytes */
	int64_t median;
	int64_t largest;
	const char *largest_of; /* the reader's address */
};

struct publish_fault {
	const char *text;
	int64_t readers;
	const char *address; /* of one of them */
};

struct publish_rehearsed {
	int64_t digests;  /* that can be sent */
	int64_t editions; /* different ones, those with faults included */
	int64_t faulty;   /* readers whose digest cannot be sent */
	int64_t html_digests;
	struct publish_sizes html;    /* of the HTML parts */
	struct publish_sizes message; /* of whole messages, unsigned */
	int64_t large;                /* HTML over PUBLISH_HTML_LARGE */
	const struct publish_fault *faults;
	size_t fault_count;
	bool more_faults; /* than were kept */
};

struct publish_rehearsal;

/* `key` signs links and must stay as long. */
struct publish_rehearsal *publish_rehearsal_new(const struct secret_key *key);
void publish_rehearsal_free(struct publish_rehearsal *rehearsal);

/* What all digests from here on are made of; must stay as long. */
void publish_rehearsal_begin(
    struct publish_rehearsal *rehearsal, const struct material *material);

/* Composes one digest. */
void publish_rehearsal_add(struct publish_rehearsal *rehearsal,
    const char *spec, const struct person *person);

/* What came of it; belongs to the rehearsal. */
void publish_rehearsal_end(struct publish_rehearsal *rehearsal,
    struct publish_rehearsed *ret_rehearsed);

#endif
