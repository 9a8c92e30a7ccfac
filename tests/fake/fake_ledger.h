/*
 * The ledger is what the server will swear to: JSON lines, appended with one
 * write() for each event, so a line is in the file before any reply that was
 * caused by it leaves, and stays there if anybody is killed.
 *
 * Without a file and a folder no message is hashed or kept; there remain the
 * counters, the number of distinct recipients and their checksum: the sum
 * modulo 2^64 of fake_tally_hash() of each accepted recipient as it was
 * written in RCPT TO, which does not depend on their order.
 */
#ifndef FAKE_LEDGER_H
#define FAKE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_VIOLATIONS(X)                    \
	X(NESTED_MAIL, "nested-mail")         \
	X(OUT_OF_ORDER, "out-of-order")       \
	X(SYNTAX, "syntax")                   \
	X(PIPELINING, "pipelining")           \
	X(PARAMETER, "parameter")             \
	X(COMMAND_LONG, "command-too-long")   \
	X(COMMAND_BARE_LF, "command-bare-lf") \
	X(BARE_CR, "bare-cr")                 \
	X(BARE_LF, "bare-lf")                 \
	X(LONG_LINE, "long-line")             \
	X(HEADER_8BIT, "8bit-header")         \
	X(BODY_8BIT, "8bit-body")             \
	X(NO_FINAL_CRLF, "no-final-crlf")

enum fake_violation {
#define X(name, word) FAKE_VIOLATION_##name,
	FAKE_VIOLATIONS(X)
#undef X
	    FAKE_VIOLATION_COUNT
};

/* A message that is being accepted; nothing in it is owned. */
struct fake_message {
	int64_t at_ns;       /* monotonic clock: when it was here in full */
	uint64_t connection; /* from 1 */
	uint64_t txn;        /* on that connection, from 1 */
	const char *from;
	char *const *rcpts;
	size_t rcpt_count; /* at least 1 */
	uint64_t bytes;
	const char *octets; /* NULL if not kept */
};

struct fake_ledger;

/*
 * Open the ledger.  LOG_FILE, DUMP_FOLDER and STATS_FILE may be NULL; the
 * statistics then go to standard output.  NULL = complained to stderr.
 */
struct fake_ledger *fake_ledger_open(
    const char *log_file, const char *dump_folder, const char *stats_file);

/* Whether messages must be kept as they are read. */
bool fake_ledger_wants_octets(const struct fake_ledger *l);

/*
 * Stop the process once COUNT messages are entered (0 = never), so that a test
 * can do something amid a run; none of their replies has left that was caused
 * by the last.  SIGCONT makes it go on.
 */
void fake_ledger_stop_after(struct fake_ledger *l, uint64_t count);

/* Enter an event.  Addresses may be NULL; an address may hold any octet. */
void fake_ledger_connect(
    struct fake_ledger *l, uint64_t connection, int64_t now_ns);
void fake_ledger_ehlo(
    struct fake_ledger *l, uint64_t connection, const char *name);
void fake_ledger_accept(struct fake_ledger *l, const struct fake_message *m);
void fake_ledger_refuse(struct fake_ledger *l, uint64_t connection,
    const char *phase, int code, const char *from, const char *rcpt);
void fake_ledger_violate(struct fake_ledger *l, uint64_t connection,
    enum fake_violation what, const char *rcpt);

/*
 * The connection is over.  BY is "client" or "server"; POINT names the phase
 * that it was in, or the act of the script that ended it.
 */
void fake_ledger_hangup(struct fake_ledger *l, uint64_t connection,
    const char *by, const char *point);
void fake_ledger_quit(struct fake_ledger *l, uint64_t connection);

/* Print the counters as one JSON object on one line. */
void fake_ledger_report(struct fake_ledger *l);

void fake_ledger_close(struct fake_ledger *l);

#endif
