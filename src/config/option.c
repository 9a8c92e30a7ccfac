#include "config/option.h"

#include <assert.h>

#include "config/site.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

#define SECOND 1000.0
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const char *const unknown_words[] = { "resend", "hold", NULL };
static const char *const truth_words[] = { "false", "true", NULL };
static const char *const image_words[] = { "hosted", "inline", NULL };
static const char *const empty_words[] = { "fill", "skip", NULL };

/* ---- sender */

#define AT(member) offsetof(struct sender, member)

static const struct option sender_rows[] = {
	{ .key = "name",
	    .type = OPTION_TEXT,
	    .offset = AT(name),
	    .most = 200,
	    .comment = "The name that readers see in From and in the footer.",
	    .sample = "Local Partnership Cooperation Division" },
	{ .key = "address",
	    .type = OPTION_ADDRESS,
	    .offset = AT(address),
	    .comment = "The address in From. Its domain is the one to sign "
		       "with DKIM.",
	    .sample = "news@news.example" },
	{ .key = "reply_to",
	    .type = OPTION_ADDRESS,
	    .offset = AT(reply_to),
	    .fallback = "",
	    .example = "desk@news.example",
	    .comment = "Where answers go. Default: the address in From.",
	    .sample = "desk@news.example" },
	{ .key = "postal",
	    .type = OPTION_TEXT,
	    .offset = AT(postal),
	    .most = 500,
	    .comment = "The postal address in the footer (the law asks for "
		       "it).",
	    .sample = "Local Partnership Cooperation Division, Ministry of "
		      "Foreign Affairs, 2-2-1 Kasumigaseki, Chiyoda-ku, "
		      "Tokyo 100-8919" },
	{ .key = "contact",
	    .type = OPTION_TEXT,
	    .offset = AT(contact),
	    .most = 200,
	    .fallback = "",
	    .example = "desk@news.example",
	    .comment = "Where readers put questions and complaints: telephone, "
		       "mail or web\naddress, shown in the footer. Default: "
		       "reply_to, else address.",
	    .sample = "desk@news.example" },
};
#undef AT

static const struct option_table sender_table = { .name = "sender",
	ROWS(sender_rows) };

/* ---- timeouts (RFC 5321 section 4.5.3.2) */

#define TIMEOUT(name, default_, comment_)                               \
	{                                                               \
		.key = #name, .type = OPTION_DURATION,                  \
		.offset = offsetof(struct relay_timeouts, name##_ms),   \
		.fallback = (default_), .least = 100, .most = 2 * HOUR, \
		.comment = (comment_)                                   \
	}

static const struct option timeout_rows[] = {
	TIMEOUT(connect, "30s", "Until connected and encrypted."),
	TIMEOUT(
	    greeting, "5m", "Until the server has greeted us and let us in."),
	TIMEOUT(mail, "5m", "Until the sender is accepted."),
	TIMEOUT(rcpt, "5m", "Until the recipient is accepted."),
	TIMEOUT(data, "2m", "Until the server is ready for the message."),
	TIMEOUT(block, "3m", "Until a block of the message is taken."),
	TIMEOUT(final, "10m",
	    "Until the message is accepted. Too short makes duplicates."),
};

static const struct option_table timeout_table = { .name = "timeouts",
	ROWS(timeout_rows) };

/* ---- retry */

#define AT(member) offsetof(struct backoff, member)

static const struct option retry_rows[] = {
	{ .key = "first",
	    .type = OPTION_DURATION,
	    .offset = AT(first_ms),
	    .fallback = "5m",
	    .least = 10,
	    .most = DAY,
	    .comment = "The delay after the first refusal." },
	{ .key = "factor",
	    .type = OPTION_REAL,
	    .offset = AT(factor),
	    .fallback = "2",
	    .least = 1,
	    .most = 10,
	    .comment = "By which it grows each time, 1 to 10." },
	{ .key = "longest",
	    .type = OPTION_DURATION,
	    .offset = AT(longest_ms),
	    .fallback = "8h",
	    .least = 10,
	    .most = 7 * DAY,
	    .comment = "It grows no longer than this." },
	{ .key = "give_up_after",
	    .type = OPTION_DURATION,
	    .offset = AT(give_up_after_ms),
	    .fallback = "4d",
	    .least = 10,
	    .most = 30 * DAY,
	    .comment = "Counted from the first attempt; then the delivery "
		       "expires." },
};
#undef AT

static const struct option_table retry_table = { .name = "retry",
	ROWS(retry_rows) };

/* ---- dkim */

#define AT(member) offsetof(struct dkim_key, member)

static const struct option dkim_rows[] = {
	{ .key = "domain",
	    .type = OPTION_DOMAIN,
	    .offset = AT(domain),
	    .example = "news.example",
	    .comment = "The domain of the sender's address, or one above it." },
	{ .key = "selector",
	    .type = OPTION_SELECTOR,
	    .offset = AT(selector),
	    .example = "s1",
	    .comment = "The public key is at SELECTOR._domainkey.DOMAIN." },
	{ .key = "key_file",
	    .type = OPTION_FILE,
	    .offset = AT(key_file),
	    .example = "keys/s1.pem",
	    .comment = "The private key (PEM, RSA or Ed25519)." },
};
#undef AT

static const struct option_table dkim_table = {
	.name = "dkim", ROWS(dkim_rows), .item_bytes = sizeof(struct dkim_key)
};

/* ---- tailoring */

#define WEIGHT(name, most_, comment_)                                   \
	{                                                               \
		.key = #name, .type = OPTION_INTEGER,                   \
		.offset = offsetof(struct tailoring_weights, name),     \
		.fallback = "1", .most = (most_), .comment = (comment_) \
	}

static const struct option weight_rows[] = {
	WEIGHT(municipality, 1,
	    "The reader's own municipality; its stories come first."),
	WEIGHT(prefecture, 1,
	    "The reader's own prefecture; its stories come next."),
	WEIGHT(tag, 1000, "Each tag that story and reader share, up to 1000."),
	WEIGHT(country, 1000,
	    "Each country that story and reader share, up to 1000."),
};

static const struct option_table weight_table = { .name = "weights",
	ROWS(weight_rows) };

#define AT(member) offsetof(struct tailoring, member)

static const struct option tailoring_rows[] = {
	{ .key = "max_articles",
	    .type = OPTION_INTEGER,
	    .offset = AT(max_articles),
	    .fallback = "0",
	    .most = 1000,
	    .comment = "No more stories than this in a digest; 0: no limit." },
	{ .key = "min_articles",
	    .type = OPTION_INTEGER,
	    .offset = AT(min_articles),
	    .fallback = "0",
	    .most = 1000,
	    .comment = "Fill up to so many with lead stories, then in the "
		       "issue's order." },
	{ .key = "when_empty",
	    .type = OPTION_SWITCH,
	    .offset = AT(skip_empty),
	    .fallback = "fill",
	    .words = empty_words,
	    .comment = "A reader whom nothing concerns gets min_articles "
		       "stories, or the whole\nissue where that is 0 (fill); "
		       "or no mail (skip)." },
	{ .key = "weights",
	    .type = OPTION_MAP,
	    .offset = AT(weights),
	    .inner = &weight_table,
	    .comment = "What counts how much for the order of the stories. "
		       "0: not at all; then it\nneither brings a story in nor "
		       "stands as a reason." },
};
#undef AT

static const struct option_table tailoring_table = { .name = "tailoring",
	ROWS(tailoring_rows) };

/* ---- breaker */

#define AT(member) offsetof(struct breaker, member)

static const struct option breaker_rows[] = {
	{ .key = "least",
	    .type = OPTION_INTEGER,
	    .offset = AT(least),
	    .fallback = "20",
	    .most = 1000,
	    .comment = "Pause a mailing after so many refusals for policy; 0: "
		       "never." },
	{ .key = "share_pct",
	    .type = OPTION_INTEGER,
	    .offset = AT(share_pct),
	    .fallback = "50",
	    .least = 1,
	    .most = 100,
	    .comment = "But only where they are so many per cent of the "
		       "latest outcomes." },
	{ .key = "failed_least",
	    .type = OPTION_INTEGER,
	    .offset = AT(failed_least),
	    .fallback = "200",
	    .most = 100000,
	    .comment = "Pause a mailing when of so many outcomes, the latest "
		       "ones, too many are failures;\n0: never." },
	{ .key = "failed_pct",
	    .type = OPTION_INTEGER,
	    .offset = AT(failed_pct),
	    .fallback = "50",
	    .least = 1,
	    .most = 100,
	    .comment = "Too many are so many per cent." },
};
#undef AT

static const struct option_table breaker_table = { .name = "breaker",
	ROWS(breaker_rows) };

/* ---- alarms */

#define AT(member) offsetof(struct alarms, member)

static const struct option alarm_rows[] = {
	{ .key = "address",
	    .type = OPTION_ADDRESS,
	    .offset = AT(address),
	    .fallback = "",
	    .example = "operator@news.example",
	    .comment = "Gets a mail for each alarm, through the relays; the "
		       "same one at most once\nan hour. Default: nobody." },
	{ .key = "hook",
	    .type = OPTION_FILE,
	    .offset = AT(hook),
	    .fallback = "",
	    .example = "hooks/alarm",
	    .comment = "A program that is run as often, as PROGRAM KIND "
		       "SUBJECT with the text on\nits standard input, for at "
		       "most 30 seconds. Default: none." },
};
#undef AT

static const struct option_table alarm_table = { .name = "alarms",
	ROWS(alarm_rows) };

/* ---- retention */

#define AT(member) offsetof(struct retention, member)

static const struct option retention_rows[] = {
	{ .key = "delivery",
	    .type = OPTION_DURATION,
	    .offset = AT(delivery_ms),
	    .fallback = "400d",
	    .most = 100 * 366 * DAY,
	    .comment = "Addresses and names in finished mailings and notices, "
		       "and what servers said;\nstates, times and codes stay, "
		       "and the books balance." },
	{ .key = "history",
	    .type = OPTION_DURATION,
	    .offset = AT(history_ms),
	    .fallback = "1830d",
	    .most = 100 * 366 * DAY,
	    .comment = "What changes of contacts said; that there was one "
		       "stays, and its seal." },
	{ .key = "consent",
	    .type = OPTION_DURATION,
	    .offset = AT(consent_ms),
	    .fallback = "1100d",
	    .least = 365 * DAY,
	    .most = 100 * 366 * DAY,
	    .comment = "Consent of who is off the list, counted from the last "
		       "mail to them; at least\na year, and three where the "
		       "law on commercial transactions holds." },
	{ .key = "pending",
	    .type = OPTION_DURATION,
	    .offset = AT(pending_ms),
	    .fallback = "90d",
	    .most = 100 * 366 * DAY,
	    .comment = "Contacts who were asked to confirm and did not; they "
		       "are erased, and may be\nadded anew." },
	{ .key = "reports",
	    .type = OPTION_DURATION,
	    .offset = AT(reports_ms),
	    .fallback = "90d",
	    .most = 100 * 366 * DAY,
	    .comment = "Whom messages that came back were about, and what they "
		       "said." },
};
#undef AT

static const struct option_table retention_table = { .name = "retention",
	ROWS(retention_rows) };

/* ---- the file */

#define AT(member) offsetof(struct site, member)

static const struct option root_rows[] = {
	{ .key = "sender",
	    .type = OPTION_MAP,
	    .offset = AT(sender),
	    .inner = &sender_table,
	    .comment = "Who sends." },
	{ .key = "bounce_domain",
	    .type = OPTION_DOMAIN,
	    .offset = AT(sender.bounce_domain),
	    .comment = "The domain of return paths. Its mail (MX) must reach "
		       "this system, so\nthat bounces and unsubscribe "
		       "requests by mail are read.",
	    .sample = "bounce.news.example" },
	{ .key = "public_url",
	    .type = OPTION_WEB_URL,
	    .offset = AT(sender.public_url),
	    .comment = "The web address under which pages and pictures are "
		       "found. It stands in\nevery mail; keep it.",
	    .sample = "https://news.example" },
	{ .key = "list_id",
	    .type = OPTION_DOMAIN,
	    .offset = AT(sender.list_id),
	    .fallback = "",
	    .example = "glocal-news.news.example",
	    .comment = "The List-Id of the newsletter; never changes. Default: "
		       "glocal-news and the\nsender's domain." },
	{ .key = "timezone",
	    .type = OPTION_TIMEZONE,
	    .offset = AT(sender.timezone),
	    .fallback = "Asia/Tokyo",
	    .comment = "The time zone of dates in mails, lists and times that "
		       "you type.",
	    .sample = "Asia/Tokyo" },
	{ .key = "store",
	    .type = OPTION_STORE_URL,
	    .offset = AT(store_url),
	    .fallback = "sqlite:state/glocal-mail.db",
	    .comment = "The database.",
	    .sample = "sqlite:state/glocal-mail.db" },
	{ .key = "ehlo_name",
	    .type = OPTION_DOMAIN,
	    .offset = AT(ehlo_name),
	    .fallback = "",
	    .example = "mail.news.example",
	    .comment = "The name by which we greet relays; best the public "
		       "name of this host.\nDefault: bounce_domain." },
	{ .key = "relays",
	    .type = OPTION_LIST,
	    .offset = AT(relays),
	    .count_offset = AT(relay_count),
	    .inner = &option_relay,
	    .least = 1,
	    .most = 100,
	    .comment = "The servers that take our mail, the preferred one "
		       "first." },
	{ .key = "timeouts",
	    .type = OPTION_MAP,
	    .offset = AT(timeouts),
	    .inner = &timeout_table,
	    .comment = "How long to wait for a relay, from 100ms to 2h each." },
	{ .key = "pace",
	    .type = OPTION_MAP,
	    .offset = AT(pace),
	    .inner = &option_pace,
	    .comment = "How fast to send; 0: no limit." },
	{ .key = "retry",
	    .type = OPTION_MAP,
	    .offset = AT(retry),
	    .inner = &retry_table,
	    .comment = "When to try again what a server refused for now." },
	{ .key = "on_unknown",
	    .type = OPTION_SWITCH,
	    .offset = AT(hold_unknown),
	    .fallback = "resend",
	    .words = unknown_words,
	    .comment = "When a crash or a lost connection leaves it unknown "
		       "whether a message was\naccepted: resend it (nobody "
		       "misses it) or hold it (nobody gets it twice)." },
	{ .key = "max_unknown",
	    .type = OPTION_INTEGER,
	    .offset = AT(max_unknown),
	    .fallback = "",
	    .least = 1,
	    .most = 100000,
	    .example = "20",
	    .comment = "At most so many messages are under way at once: the "
		       "most that a crash can\nleave unknown. Default: one "
		       "for each connection of the relays." },
	{ .key = "dkim",
	    .type = OPTION_LIST,
	    .offset = AT(dkim_keys),
	    .count_offset = AT(dkim_count),
	    .inner = &dkim_table,
	    .most = 10,
	    .comment = "Keys to sign with (DKIM). Default: unsigned." },
	{ .key = "tailoring",
	    .type = OPTION_MAP,
	    .offset = AT(tailoring),
	    .inner = &tailoring_table,
	    .comment = "How stories are chosen for a reader." },
	{ .key = "require_approval",
	    .type = OPTION_SWITCH,
	    .offset = AT(require_approval),
	    .fallback = "false",
	    .words = truth_words,
	    .comment = "true: `send` plans only what another person than the "
		       "one who sends has\napproved (`glocal-mail approve "
		       "ISSUE`), to the letter." },
	{ .key = "images",
	    .type = OPTION_SWITCH,
	    .offset = AT(images_inline),
	    .fallback = "hosted",
	    .words = image_words,
	    .comment = "Pictures are fetched from public_url when a mail is "
		       "read (hosted), or each mail\ncarries those that it "
		       "shows (inline): larger, but seen where nothing may "
		       "be\nfetched. All of an issue then share 640 KB." },
	{ .key = "breaker",
	    .type = OPTION_MAP,
	    .offset = AT(breaker),
	    .inner = &breaker_table,
	    .comment = "Servers that refuse us for policy (5.7.x), or readers "
		       "who fail in great number,\nstop a mailing before the "
		       "whole list is lost; `resume` goes on." },
	{ .key = "confirm_within",
	    .type = OPTION_DURATION,
	    .offset = AT(confirm_within_ms),
	    .fallback = "7d",
	    .least = MINUTE,
	    .most = 60 * DAY,
	    .comment = "How long a link to confirm a subscription is good." },
	{ .key = "retention",
	    .type = OPTION_MAP,
	    .offset = AT(retention),
	    .inner = &retention_table,
	    .comment = "What `purge` takes out when it is older; 0s: never." },
	{ .key = "alarms",
	    .type = OPTION_MAP,
	    .offset = AT(alarms),
	    .inner = &alarm_table,
	    .comment = "Whom to tell of alarms: a relay that is down or "
		       "refuses us, a mailing that is\npaused for policy, a "
		       "full disk (once it can be written again)." },
};
#undef AT

const struct option_table option_root = { .name = "", ROWS(root_rows) };

static_assert(sizeof(root_rows) / sizeof(root_rows[0]) == 21,
    "a key was added or lost: print config/glocal-mail.yaml anew");
