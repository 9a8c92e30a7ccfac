#ifndef BASE_COMPLAINTS_H
#define BASE_COMPLAINTS_H

/*
 * Everything that is wrong with an input, collected so that one run shows it
 * all: `file:line: what, and what would be right`. Readers of configuration,
 * issues and contacts add to a list and go on; their caller prints the list
 * and turns it into one error.
 */

#include <stdio.h>

#include "base/err.h"

struct complaint {
	char *file;    /* as the user knows it; owned by the list */
	size_t line;   /* from 1; 0: the file as a whole */
	size_t column; /* in characters, from 1; 0: the line as a whole */
	bool warning;  /* true: worth saying, stops nothing */
	char *text;
};

struct complaints {
	struct complaint *items;
	size_t count;
	size_t errors; /* items that are no warnings */
	size_t room;
};

/* Valid after `= { 0 }`. */
void complaints_clear(struct complaints *list);

void complaints_add(struct complaints *list, const char *file, size_t line,
    const char *fmt, ...) GM_PRINTF(4, 5);
void complaints_warn(struct complaints *list, const char *file, size_t line,
    const char *fmt, ...) GM_PRINTF(4, 5);

/* The same with a column. */
void complaints_add_at(struct complaints *list, const char *file, size_t line,
    size_t column, const char *fmt, ...) GM_PRINTF(5, 6);
void complaints_warn_at(struct complaints *list, const char *file, size_t line,
    size_t column, const char *fmt, ...) GM_PRINTF(5, 6);

/* Complains about the first thing in a file's text that no reader wants:
   malformed UTF-8, NUL, a noncharacter, a control character other than TAB,
   LF and CR LF. `first_line` is the number of the text's first line. True
   when there is nothing of the kind. */
bool complaints_check_text(struct complaints *list, const char *file,
    size_t first_line, const char *text, size_t bytes);

/* Puts "folder/" before the files of the complaints from number `first` on. */
void complaints_move(struct complaints *list, size_t first, const char *folder);

/* Puts them in the order of files, lines and columns; at the same place errors
   come first. What is said twice of one place stays once. */
void complaints_sort(struct complaints *list);

/* Writes each as "file:line: text" (warnings as "file:line: warning: text"),
   in the order in which they were added. */
void complaints_print(const struct complaints *list, FILE *out);

/* True when no error is in the list; else sets `err` to the first one, with
   "(and N more)" when there are more. */
bool complaints_none(const struct complaints *list, enum err_code code,
    struct err *err) GM_MUST_CHECK;

#endif
