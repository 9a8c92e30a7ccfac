#ifndef STORE_STORE_MEMO_H
#define STORE_STORE_MEMO_H

/*
 * Inside store/: ids that were looked up within the present transaction, so
 * that a million rows which name the same few thousand things do not ask for
 * each anew. Emptied when a transaction begins or ends; what is put out of the
 * table in between must be forgotten, too. Bounded: newer ids take the places
 * of older ones.
 */

#include <stdbool.h>
#include <stdint.h>

struct store_memo;

struct store_memo *store_memo_new(void);
void store_memo_free(struct store_memo *memo); /* NULL is allowed */
void store_memo_clear(struct store_memo *memo);

/* The id under a kind ("tag") and two texts; false when it is not known. */
bool store_memo_find(const struct store_memo *memo, const char *kind,
    const char *first, const char *second, int64_t *ret_id);
void store_memo_put(struct store_memo *memo, const char *kind,
    const char *first, const char *second, int64_t id);

#endif
