#ifndef STORE_STORE_PEN_H
#define STORE_STORE_PEN_H

/*
 * Inside store/: the pen that writes history (store_history.h). A function
 * that writes down a contact, a tag, … opens a change of its subject and notes
 * each field; what it notes while the same subject is open goes into the same
 * change. The row is written when another subject is opened, or at the commit.
 */

#include "store/store_history.h"

struct store_pen;

struct store_pen *store_pen_new(void);
void store_pen_free(struct store_pen *pen);

/* Forgets everything; NULL: no author may write. */
void store_pen_reset(struct store_pen *pen, const struct store_author *author);

/* Opens a change, or goes on with it. subscriber: 0 when the subject is none;
   then `name` and `value` tell which it is (name NULL: they do not). Asserts
   that the transaction has an author. */
bool store_pen_open(struct store *store, const char *subject,
    int64_t subscriber, const char *name, const char *value,
    struct err *err) GM_MUST_CHECK;

/* Notes a field of what is open, unless old and new are the same. */
void store_pen_note(
    struct store *store, const char *field, const char *old, const char *new);

/* The same for a list of words, which a payload joins by ";". */
void store_pen_note_words(struct store *store, const char *field,
    const struct text_list *old, const struct text_list *new);

/* A new value that is several words with a blank between them. */
void store_pen_note_joined(struct store *store, const char *field,
    const char *const *words, size_t count);

/* Whether what is open says that the field has this value now. */
bool store_pen_says(struct store *store, const char *field, const char *value);

/* The author of the transaction, never NULL. */
const struct store_author *store_pen_author(struct store *store);

/* Writes down what is open. */
bool store_pen_flush(struct store *store, struct err *err) GM_MUST_CHECK;

/* Of an act and of a change: see store_history.h. */
void store_pen_act_digest(const struct store_seal *seal,
    const unsigned char salt[STORE_SALT_BYTES], int64_t at_ms,
    const struct store_author *author,
    unsigned char ret_digest[STORE_SHA256_BYTES]);
void store_pen_digest(const struct store_seal *seal,
    const unsigned char salt[STORE_SALT_BYTES], const char *payload,
    unsigned char ret_digest[STORE_SHA256_BYTES]);

/* Moves `chain` on to the change. */
void store_pen_chain(const struct store_seal *seal,
    const unsigned char act_digest[STORE_SHA256_BYTES], int64_t act,
    const struct store_change *change,
    const unsigned char digest[STORE_SHA256_BYTES],
    unsigned char chain[STORE_SHA256_BYTES]);

#endif
