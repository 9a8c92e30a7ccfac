#include <assert.h>

#include "config/option.h"
#include "model/relay.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const char *const tls_words[] = { "require", "opportunistic", "off",
	NULL };

static_assert(RELAY_TLS_REQUIRE == 0 && RELAY_TLS_OPPORTUNISTIC == 1 &&
		  RELAY_TLS_OFF == 2,
    "tls_words are in the order of enum relay_tls");

#define AT(member) offsetof(struct relay, member)

static const struct option relay_rows[] = {
	{ .key = "url",
	    .type = OPTION_RELAY_URL,
	    .offset = AT(url),
	    .comment = "smtp://HOST:PORT, or smtps://HOST:PORT where TLS "
		       "begins at once.\nPorts when left out: 25 and 465.",
	    .sample = "smtp://127.0.0.1:2525" },
	{ .key = "tls",
	    .type = OPTION_CHOICE,
	    .offset = AT(tls),
	    .fallback = "require",
	    .words = tls_words,
	    .comment = "require: encrypted and verified, or nothing is sent. "
		       "opportunistic:\nencrypted when offered, not "
		       "verified. off: never encrypted.",
	    .sample = "off" },
	{ .key = "username",
	    .type = OPTION_TEXT,
	    .offset = AT(username),
	    .most = 200,
	    .fallback = "",
	    .example = "news",
	    .comment = "Credentials, for servers that ask for them (needs "
		       "tls: require unless\nthe server is on this host). "
		       "Default: none." },
	{ .key = "password_file",
	    .type = OPTION_SECRET,
	    .offset = AT(password),
	    .fallback = "",
	    .example = "keys/relay.password",
	    .comment = "A file that holds the password in one line and is "
		       "not readable for\neveryone; or credential:NAME, "
		       "one that systemd hands over (LoadCredential=\nin the "
		       "unit). Default: none." },
	{ .key = "ca_file",
	    .type = OPTION_FILE,
	    .offset = AT(ca_file),
	    .fallback = "",
	    .example = "keys/ca.pem",
	    .comment = "Certificates (PEM) to verify the server with. "
		       "Default: the system's." },
	{ .key = "connections",
	    .type = OPTION_INTEGER,
	    .offset = AT(connections),
	    .fallback = "20",
	    .least = 1,
	    .most = 1000,
	    .comment = "At most so many connections at once, 1 to 1000." },
	{ .key = "priority",
	    .type = OPTION_INTEGER,
	    .offset = AT(priority),
	    .fallback = "",
	    .least = 1,
	    .most = 1000,
	    .example = "1",
	    .comment = "The lowest number that serves us gets all mail, the "
		       "others wait for it\nto fail. Default: the place in "
		       "this list: 1, 2, 3 and so on." },
	{ .key = "share",
	    .type = OPTION_INTEGER,
	    .offset = AT(share),
	    .fallback = "",
	    .least = 1,
	    .most = 1000,
	    .example = "1",
	    .comment = "Relays of the same priority get connections in this "
		       "proportion.\nDefault: as many as each may have." },
	{ .key = "messages_per_connection",
	    .type = OPTION_INTEGER,
	    .offset = AT(messages_per_connection),
	    .fallback = "0",
	    .most = 1000000,
	    .comment = "Begin a new connection after so many messages; 0: "
		       "never." },
};
#undef AT

const struct option_table option_relay = {
	.name = "relays", ROWS(relay_rows), .item_bytes = sizeof(struct relay)
};
