/*
 * The script: rules that change how the server answers, one a line.
 *
 *   PHASE [CONDITION…] ACTION [ARGUMENT…]
 *
 * The first rule whose conditions all hold decides; without one the server
 * answers as a good server does.  Chance is drawn from the seed, the rule, the
 * address and how often that address was seen, so a run can be repeated.
 * `fake-smtp --help` prints the grammar; it stands in fake_smtp.c.
 */
#ifndef FAKE_SCRIPT_H
#define FAKE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_PHASES(X)        \
	X(CONNECT, "connect") \
	X(EHLO, "ehlo")       \
	X(MAIL, "mail")       \
	X(RCPT, "rcpt")       \
	X(DATA, "data")       \
	X(BDAT, "bdat")       \
	X(BODY, "body")       \
	X(RSET, "rset")       \
	X(QUIT, "quit")       \
	X(ANY, "any")

enum fake_phase {
#define X(name, word) FAKE_PHASE_##name,
	FAKE_PHASES(X)
#undef X
	    FAKE_PHASE_COUNT
};

#define FAKE_ACTS(X)                         \
	X(REPLY, "reply")                    \
	X(MULTI, "multi")                    \
	X(CLOSE, "close")                    \
	X(RESET, "reset")                    \
	X(STALL, "stall")                    \
	X(DRIP, "drip")                      \
	X(GARBAGE, "garbage")                \
	X(LONG, "long")                      \
	X(EARLY, "early")                    \
	X(ACCEPT_CLOSE, "accept-then-close") \
	X(ACCEPT_RESET, "accept-then-reset") \
	X(CLOSE_MID, "close-mid")            \
	X(RESET_MID, "reset-mid")

enum fake_act {
#define X(name, word) FAKE_ACT_##name,
	FAKE_ACTS(X)
#undef X
	    FAKE_ACT_COUNT
};

struct fake_rule {
	enum fake_phase phase;
	char *match;     /* glob over the address, case ignored; NULL = all */
	uint64_t sample; /* chosen if the address hashes below it; 0 = all */
	uint64_t odds;   /* as sample, drawn anew each time; 0 = always */
	uint64_t first;  /* for each address, its first N times; 0 = always */
	uint64_t times;  /* fires N times in all; 0 = no end */
	uint64_t every;  /* each N-th time; 0 = each */
	uint64_t after;  /* not the first N times */
	uint64_t txn;    /* from the N-th transaction of a connection on */
	enum fake_act act;
	int code;
	uint64_t number; /* ms, lines, or octets, as the act says */
	char *text;      /* what follows the code; never NULL */
	uint64_t seen, fired;
};

struct fake_script;

/*
 * Read the rules in FILE (NULL: none).  On a mistake print
 * `file:line: what, and what would be right` for it and return NULL.
 */
struct fake_script *fake_script_load(const char *file, uint64_t seed);

/*
 * The rule for this PHASE of transaction TXN, or NULL.  SUBJECTS are the
 * addresses it is about; with none, only rules without match= can hold.
 * Counts as one time for each rule that was looked at.
 */
const struct fake_rule *fake_script_find(struct fake_script *s,
    enum fake_phase phase, char *const *subjects, size_t n, uint64_t txn);

/* Whether some rule says the reply to DATA before DATA has come. */
bool fake_script_hurries_data(const struct fake_script *s);

const char *fake_script_act_word(enum fake_act act);
const char *fake_script_phase_word(enum fake_phase phase);

void fake_script_free(struct fake_script *s);

#endif
