#include "smtp/smtp_outcome.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* What the words of a reply speak of, for servers without enhanced codes. */
enum topic {
	TOPIC_ANY, /* the row does not ask */
	TOPIC_UNKNOWN_USER,
	TOPIC_DISABLED,
	TOPIC_FULL,
	TOPIC_POLICY,
	TOPIC_SIZE,
	TOPICS
};

static const struct phrase {
	enum topic topic;
	const char *words; /* ASCII letters match in either case */
} phrases[] = {
	{ TOPIC_UNKNOWN_USER, "user unknown" },
	{ TOPIC_UNKNOWN_USER, "unknown user" },
	{ TOPIC_UNKNOWN_USER, "unknown recipient" },
	{ TOPIC_UNKNOWN_USER, "recipient unknown" },
	{ TOPIC_UNKNOWN_USER, "unknown address" },
	{ TOPIC_UNKNOWN_USER, "no such user" },
	{ TOPIC_UNKNOWN_USER, "no such recipient" },
	{ TOPIC_UNKNOWN_USER, "no such mailbox" },
	{ TOPIC_UNKNOWN_USER, "no such address" },
	{ TOPIC_UNKNOWN_USER, "no mailbox here" },
	{ TOPIC_UNKNOWN_USER, "does not exist" },
	{ TOPIC_UNKNOWN_USER, "doesn't exist" },
	{ TOPIC_UNKNOWN_USER, "user not found" },
	{ TOPIC_UNKNOWN_USER, "recipient not found" },
	{ TOPIC_UNKNOWN_USER, "mailbox not found" },
	{ TOPIC_UNKNOWN_USER, "not a valid mailbox" },
	{ TOPIC_UNKNOWN_USER, "doesn't have an account" },
	{ TOPIC_UNKNOWN_USER, "does not have an account" },
	{ TOPIC_UNKNOWN_USER, "宛先が見つかりません" },
	{ TOPIC_UNKNOWN_USER, "ユーザが見つかりません" },
	{ TOPIC_UNKNOWN_USER, "ユーザーが見つかりません" },
	{ TOPIC_DISABLED, "disabled" },
	{ TOPIC_DISABLED, "deactivated" },
	{ TOPIC_DISABLED, "inactive" },
	{ TOPIC_DISABLED, "suspended" },
	{ TOPIC_DISABLED, "closed account" },
	{ TOPIC_FULL, "quota" },
	{ TOPIC_FULL, "mailbox full" },
	{ TOPIC_FULL, "mailbox is full" },
	{ TOPIC_FULL, "storage allocation" },
	{ TOPIC_FULL, "insufficient storage" },
	{ TOPIC_POLICY, "spam" },
	{ TOPIC_POLICY, "blocked" },
	{ TOPIC_POLICY, "blacklist" },
	{ TOPIC_POLICY, "blocklist" },
	{ TOPIC_POLICY, "denylist" },
	{ TOPIC_POLICY, "dmarc" },
	{ TOPIC_POLICY, "dkim" },
	{ TOPIC_POLICY, "spf check" },
	{ TOPIC_POLICY, "spf fail" },
	{ TOPIC_POLICY, "ptr record" },
	{ TOPIC_POLICY, "reverse dns" },
	{ TOPIC_POLICY, "reputation" },
	{ TOPIC_POLICY, "policy" },
	{ TOPIC_POLICY, "access denied" },
	{ TOPIC_POLICY, "relaying denied" },
	{ TOPIC_POLICY, "temporarily deferred" },
	{ TOPIC_POLICY, "rate limit" },
	{ TOPIC_POLICY, "server busy" },
	{ TOPIC_SIZE, "too large" },
	{ TOPIC_SIZE, "too big" },
	{ TOPIC_SIZE, "message size" },
	{ TOPIC_SIZE, "size limit" },
};

enum {
	AT_CONNECT = 1 << PHASE_CONNECT,
	AT_RSET = 1 << PHASE_RSET,
	AT_MAIL = 1 << PHASE_MAIL,
	AT_RCPT = 1 << PHASE_RCPT,
	AT_DATA = 1 << PHASE_DATA,
	AT_BODY = 1 << PHASE_BODY,
	AT_FINAL = 1 << PHASE_FINAL,
	AT_MESSAGE = AT_DATA | AT_FINAL,
	AT_READER = AT_RCPT | AT_MESSAGE,
	AT_SESSION = AT_CONNECT | AT_MAIL, /* about us, not the recipient */
	AT_COMMAND = AT_RSET | AT_MAIL | AT_READER,
	AT_ANY = AT_CONNECT | AT_COMMAND | AT_BODY,
};

enum { NO_CODE_ROWS = 4 }; /* enhanced codes that say nothing */

#define DOUBT(who) OUTCOME_UNKNOWN, BLAME_##who
#define SENT       OUTCOME_SENT, BLAME_NONE
#define DEFER(who) OUTCOME_DEFERRED, BLAME_##who
#define FAIL(who)  OUTCOME_FAILED, BLAME_##who

/* The first row that matches decides. `enhanced`: "5.1.1" is that one, "*"
   stands for one part, "-" is none or one that says nothing, NULL is any. */
static const struct row {
	int phases;
	short from, to; /* reply codes */
	const char *enhanced;
	enum topic topic;
	enum outcome outcome;
	enum blame blame;
} table[] = {
	/* Success; and what comes when nothing is due. */
	{ AT_FINAL, 200, 299, NULL, TOPIC_ANY, SENT },
	{ AT_FINAL, 300, 399, NULL, TOPIC_ANY, DOUBT(PROTOCOL) },
	{ AT_ANY, 421, 421, NULL, TOPIC_ANY, DEFER(LINK) },
	{ AT_BODY, 200, 599, NULL, TOPIC_ANY, DEFER(PROTOCOL) },
	{ AT_ANY, 200, 399, NULL, TOPIC_ANY, DEFER(PROTOCOL) },

	/* Our credentials, our rights, our sender address. */
	{ AT_ANY, 530, 530, NULL, TOPIC_ANY, DEFER(US) },
	{ AT_ANY, 534, 535, NULL, TOPIC_ANY, DEFER(US) },
	{ AT_ANY, 538, 538, NULL, TOPIC_ANY, DEFER(US) },
	{ AT_COMMAND, 500, 599, "5.1.7", TOPIC_ANY, DEFER(US) },
	{ AT_COMMAND, 500, 599, "5.1.8", TOPIC_ANY, DEFER(US) },
	{ AT_COMMAND, 400, 499, "4.1.7", TOPIC_ANY, DEFER(LINK) },
	{ AT_COMMAND, 400, 499, "4.1.8", TOPIC_ANY, DEFER(LINK) },

	/* This message, wherever it is said. */
	{ AT_MAIL | AT_READER, 500, 599, "5.3.4", TOPIC_ANY, FAIL(CONTENT) },
	{ AT_MAIL | AT_READER, 500, 599, "5.6.*", TOPIC_ANY, FAIL(CONTENT) },
	{ AT_MAIL, 552, 552, NULL, TOPIC_ANY, FAIL(CONTENT) },

	/* The recipient's address. */
	{ AT_RCPT, 500, 599, "5.1.1", TOPIC_FULL, FAIL(MAILBOX) },
	{ AT_RCPT, 500, 599, "5.1.1", TOPIC_ANY, FAIL(ADDRESS) },
	{ AT_RCPT, 500, 599, "5.1.2", TOPIC_ANY, FAIL(ADDRESS) },
	{ AT_RCPT, 500, 599, "5.1.3", TOPIC_ANY, FAIL(ADDRESS) },
	{ AT_RCPT, 500, 599, "5.1.6", TOPIC_ANY, FAIL(ADDRESS) },
	{ AT_RCPT, 500, 599, "5.1.10", TOPIC_ANY, FAIL(ADDRESS) },
	{ AT_RCPT, 500, 599, "5.2.1", TOPIC_DISABLED, FAIL(ADDRESS) },
	{ AT_RCPT, 556, 556, NULL, TOPIC_ANY, FAIL(ADDRESS) },

	/* Our command was not understood or not in its place. */
	{ AT_COMMAND, 500, 503, NULL, TOPIC_ANY, DEFER(PROTOCOL) },
	{ AT_COMMAND, 500, 599, "5.5.1", TOPIC_ANY, DEFER(PROTOCOL) },
	{ AT_COMMAND, 500, 599, "5.5.2", TOPIC_ANY, DEFER(PROTOCOL) },
	{ AT_COMMAND, 500, 599, "5.5.4", TOPIC_ANY, DEFER(PROTOCOL) },
	{ AT_RSET, 400, 599, NULL, TOPIC_ANY, DEFER(PROTOCOL) },

	/* The session or the sender was refused. */
	{ AT_SESSION, 500, 599, NULL, TOPIC_ANY, DEFER(US) },
	{ AT_MAIL, 400, 499, "4.7.*", TOPIC_ANY, DEFER(POLICY) },
	{ AT_SESSION, 400, 499, NULL, TOPIC_ANY, DEFER(LINK) },

	/* Policy: what we are or what we send. */
	{ AT_READER, 500, 599, "5.7.13", TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_READER, 500, 599, "5.7.17", TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_READER, 500, 599, "5.7.18", TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_READER, 500, 599, "5.7.*", TOPIC_ANY, FAIL(POLICY) },
	{ AT_READER, 400, 499, "4.7.*", TOPIC_ANY, DEFER(POLICY) },

	/* The mailbox. At the dot "unknown user" may be a filter's word. */
	{ AT_READER, 500, 599, "5.2.*", TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_READER, 500, 599, NULL, TOPIC_FULL, FAIL(MAILBOX) },
	{ AT_RCPT, 550, 553, "-", TOPIC_UNKNOWN_USER, FAIL(ADDRESS) },
	{ AT_MESSAGE, 500, 599, NULL, TOPIC_UNKNOWN_USER, FAIL(MAILBOX) },
	{ AT_MESSAGE, 500, 599, "5.1.*", TOPIC_ANY, FAIL(MAILBOX) },

	/* Words, where no code says it. */
	{ AT_READER, 500, 599, "-", TOPIC_POLICY, FAIL(POLICY) },
	{ AT_READER, 400, 499, "-", TOPIC_POLICY, DEFER(POLICY) },
	{ AT_READER, 500, 599, "-", TOPIC_SIZE, FAIL(CONTENT) },

	/* The rest by the first digit and the phase. */
	{ AT_READER, 400, 499, NULL, TOPIC_ANY, DEFER(MAILBOX) },
	{ AT_RCPT, 500, 599, NULL, TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_MESSAGE, 550, 551, NULL, TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_MESSAGE, 553, 553, NULL, TOPIC_ANY, FAIL(MAILBOX) },
	{ AT_MESSAGE, 500, 599, NULL, TOPIC_ANY, FAIL(CONTENT) },
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };
static_assert(ROWS == 49, "a row was added or lost: test_smtp_outcome too");
static_assert(PHASES == 7, "a phase was added: AT_ANY must know it");

static const char *const says_nothing[NO_CODE_ROWS] = { "", "5.0.0", "4.0.0",
	"5.1.0" };

static bool
matches_enhanced(const char *pattern, const char *enhanced)
{
	if (pattern == NULL)
		return true;
	if (pattern[0] == '-') {
		for (size_t i = 0; i < NO_CODE_ROWS; i++) {
			if (strcmp(says_nothing[i], enhanced) == 0)
				return true;
		}
		return false;
	}

	/* A star is at the end alone: compare what stands before it. */
	size_t bytes = strcspn(pattern, "*");

	return strncmp(pattern, enhanced, bytes) == 0 &&
	       (pattern[bytes] == '*' || enhanced[bytes] == '\0');
}

static bool
speaks_of(enum topic topic, const char *text)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].topic == topic &&
		    strcasestr(text, phrases[i].words) != NULL)
			return true;
	}
	return false;
}

static const struct row *
find_row(enum phase phase, const struct smtp_reply *reply)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &table[i];

		if ((row->phases & 1 << phase) && reply->code >= row->from &&
		    reply->code <= row->to &&
		    matches_enhanced(row->enhanced, reply->enhanced) &&
		    (row->topic == TOPIC_ANY ||
			speaks_of(row->topic, reply->text)))
			return row;
	}
	abort();
}

bool
smtp_outcome_accepts(enum phase phase, int code)
{
	switch (phase) {
	case PHASE_RSET:
	case PHASE_MAIL:
		return code == 250;
	case PHASE_RCPT:
		return code >= 250 && code <= 252;
	case PHASE_DATA:
		return code == 354;
	case PHASE_FINAL:
		return code >= 200 && code <= 299;
	default:
		return false;
	}
}

/* Copies text for one line, cut between characters. */
static void
set_text(struct verdict *verdict, const char *text)
{
	struct arena *arena;
	size_t bytes;

	for (bytes = 0; text[bytes] >= ' ' && text[bytes] <= '~';)
		bytes++;
	if (bytes < sizeof(verdict->text) && text[bytes] == '\0') {
		memcpy(verdict->text, text, bytes + 1);
		return;
	}

	arena = arena_new();
	text = text_printable(arena, text);
	bytes = strlen(text);
	if (bytes >= sizeof(verdict->text)) {
		bytes = sizeof(verdict->text) - 1;
		while (bytes > 0 && ((unsigned char)text[bytes] & 0xC0) == 0x80)
			bytes--;
	}
	memcpy(verdict->text, text, bytes);
	verdict->text[bytes] = '\0';
	arena_free(arena);
}

void
smtp_outcome(enum phase phase, const struct smtp_reply *reply,
    struct verdict *ret_verdict)
{
	const struct row *row = find_row(phase, reply);

	static_assert(sizeof(reply->enhanced) == sizeof(ret_verdict->enhanced),
	    "an enhanced code fits its verdict");
	ret_verdict->outcome = row->outcome;
	ret_verdict->blame = row->blame;
	ret_verdict->phase = phase;
	ret_verdict->code = reply->code;
	memcpy(ret_verdict->enhanced, reply->enhanced,
	    sizeof(ret_verdict->enhanced));
	set_text(ret_verdict, reply->text);
}

void
smtp_outcome_without_reply(enum phase phase, enum outcome outcome,
    enum blame blame, const char *text, struct verdict *ret_verdict)
{
	ret_verdict->outcome = outcome;
	ret_verdict->blame = blame;
	ret_verdict->phase = phase;
	ret_verdict->code = 0;
	ret_verdict->enhanced[0] = '\0';
	set_text(ret_verdict, text);
}

bool
smtp_outcome_closes(enum blame blame)
{
	return blame == BLAME_US || blame == BLAME_LINK ||
	       blame == BLAME_PROTOCOL;
}
