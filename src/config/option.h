#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

/*
 * The table of options: for each key of glocal-mail.yaml its type, default,
 * range, place in `struct site`, and the words that explain it. The reader
 * (option_read), the commented default file and the sample configuration
 * (config.h) are driven by it, so they cannot disagree.
 *
 * Tables nest: a row may be a map, a list of maps, or a map whose keys are
 * names, each with a table of its own. What concerns several options at once
 * is checked by site.c.
 */

#include <stddef.h>

#include "base/complaints.h"
#include "yaml/yaml.h"

enum option_type {
	OPTION_TEXT,     /* one line → const char * */
	OPTION_WORD,     /* no blanks → const char * */
	OPTION_ADDRESS,  /* mail address → const char * */
	OPTION_DOMAIN,   /* "news.example", lower case → const char * */
	OPTION_SELECTOR, /* label(s) of DKIM, RFC 6376 3.1 → const char * */
	OPTION_WEB_URL,  /* https://… without slash behind → const char * */
	OPTION_RELAY_URL, /* smtp(s)://host:port → const char * */
	OPTION_STORE_URL, /* sqlite:PATH → const char * */
	OPTION_TIMEZONE,  /* "Asia/Tokyo" → const char * */
	OPTION_FILE,      /* an existing file → const char * */
	OPTION_SECRET,    /* a file; the line in it → const char * */
	OPTION_INTEGER,   /* → int */
	OPTION_REAL,      /* → double */
	OPTION_DURATION,  /* → int64_t, milliseconds */
	OPTION_CHOICE,    /* its index in `words` → an enum */
	OPTION_SWITCH,    /* true for the second of `words` → bool */
	OPTION_WORDS,     /* a list of words → struct text_list */
	OPTION_MAP,       /* `inner` at the same offset of this struct */
	OPTION_LIST,      /* of `inner` maps → items and count */
	OPTION_NAMED,     /* name: `inner` map → items and count */
	OPTION_TYPES
};

struct option_table;

struct option {
	const char *key;
	enum option_type type;
	size_t offset;            /* in the struct that the table fills */
	size_t count_offset;      /* list, named: of the size_t count */
	const char *fallback;     /* as one would write it; NULL: must be given;
				     "": stays as it is (text: "") */
	double least, most;       /* integer, real; duration in ms; list: items;
				     text: `most` bytes */
	const char *const *words; /* choice, switch: NULL-terminated */
	const struct option_table *inner;
	const char *comment; /* for the file, lines separated by '\n' */
	const char *example; /* value for the commented file where it differs
				from the fallback; NULL: the fallback */
	const char *sample;  /* value in a sample site; NULL: left out */
};

struct option_table {
	const char *name; /* for messages: "sender", "relays" */
	const struct option *rows;
	size_t count;
	size_t item_bytes;  /* list, named: size of one item */
	size_t name_offset; /* named: of the const char * for the name */

	/* Before an item is read, where 0 is not "left out"; may be NULL. */
	void (*prefill)(void *item);
};

/* Parts of the table of the whole file. */
extern const struct option_table option_relay, option_pace;

/* The table of the whole file; fills a `struct site`. */
extern const struct option_table option_root;

/* Fills `into` from the map `node`, of a site in `folder`: every key of the
   table, from its default where it is left out or empty. What is wrong is
   complained about and left as it was (strings: ""); with `partly` what is
   missing is no fault. */
void option_read(struct arena *arena, const struct option_table *table,
    const struct yaml_node *node, const char *folder, bool partly,
    struct complaints *complaints, void *into);

#endif
