#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Errors of the world: a file that is missing, a word that is wrong, a disk
 * that is full. A function that may meet one returns bool, takes a
 * `struct err *` as its last argument and is must-check:
 *
 *	if (!file_read(arena, path, limit, &bytes, err))
 *		return err_wrap(err, "contacts");
 *
 * The text grows from the inside out ("contacts: a.csv: no such file") and is
 * printed once, by main. Our own bugs are asserts, lack of memory aborts
 * (mem.h), the outcome of a delivery is a value (model/outcome.h); none of
 * the three is an error in this sense.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* name, sysexits status, what a person may think of it */
#define GM_ERR_CODES(X)                                       \
	X(ERR_NONE, 0, "no error")                            \
	X(ERR_USAGE, 64, "wrong use of a command")            \
	X(ERR_DATA, 65, "wrong input data")                   \
	X(ERR_NO_INPUT, 66, "an input does not exist")        \
	X(ERR_NO_USER, 67, "no such subscriber")              \
	X(ERR_UNAVAILABLE, 69, "a needed part is missing")    \
	X(ERR_SOFTWARE, 70, "internal error")                 \
	X(ERR_OS, 71, "the system refused")                   \
	X(ERR_CANT_CREATE, 73, "an output cannot be created") \
	X(ERR_IO, 74, "reading or writing failed")            \
	X(ERR_TEMP, 75, "not now; try again later")           \
	X(ERR_PROTOCOL, 76, "the other side broke protocol")  \
	X(ERR_NO_PERM, 77, "permission denied")               \
	X(ERR_CONFIG, 78, "wrong configuration")

enum err_code {
#define X(name, status, meaning) name,
	GM_ERR_CODES(X)
#undef X
};

/* Caller-owned, valid after `struct err err = { 0 };`. */
struct err {
	enum err_code code;
	char text[1000]; /* one line of UTF-8, truncated when too long */
};

#define GM_MUST_CHECK        __attribute__((warn_unused_result))
#define GM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Sets code and text, mended where it is no UTF-8 (base/text.h); returns false,
   so that `return err_set(…)` reads well. `err` may be NULL when the caller
   does not care. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
    GM_PRINTF(3, 4);

/* As err_set, with ": " and the text of errno added. */
bool err_errno(struct err *err, enum err_code code, const char *fmt, ...)
    GM_PRINTF(3, 4);

/* Puts "context: " before the text; keeps the code; returns false. */
bool err_wrap(struct err *err, const char *fmt, ...) GM_PRINTF(2, 3);

/* The exit status of sysexits.h that goes with the error. */
int err_status(const struct err *err);

#endif
