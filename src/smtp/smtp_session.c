#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/smtp_conn.h"

enum {
	NAME_BYTES = 255,
	SLACK_MS = 5000, /* libcurl's own limits come after ours */
};

/* Notes one line of a reply to EHLO, without its code (RFC 5321 4.1.1.1). */
static void
note_offer(struct smtp_offer *offer, const char *line, size_t bytes)
{
	size_t used = strlen(offer->text);

	while (
	    bytes > 0 && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r'))
		bytes--;
	if (used + bytes + 3 < sizeof(offer->text))
		snprintf(offer->text + used, sizeof(offer->text) - used,
		    "%s%.*s", used > 0 ? ", " : "", (int)bytes, line);
	if (bytes == 10 && strncasecmp(line, "PIPELINING", 10) == 0)
		offer->pipelining = true;
	else if (bytes == 8 && strncasecmp(line, "CHUNKING", 8) == 0)
		offer->chunking = true;
	else if (bytes == 8 && strncasecmp(line, "SMTPUTF8", 8) == 0)
		offer->smtputf8 = true;
	else if (bytes >= 4 && strncasecmp(line, "SIZE", 4) == 0 &&
		 (bytes == 4 || line[4] == ' ')) {
		offer->any_size = true;
		offer->size = 0;
		for (size_t i = 5;
		     i < bytes && line[i] >= '0' && line[i] <= '9' &&
		     offer->size < SIZE_MAX / 20;
		     i++)
			offer->size =
			    offer->size * 10 + (size_t)(line[i] - '0');
	}
}

/* Reads along while libcurl talks: what was offered, what was refused. */
static size_t
take_header(char *line, size_t size, size_t count, void *context)
{
	struct smtp_conn *conn = context;
	struct smtp_reply *reply = &conn->session_reply;
	size_t bytes = size * count;

	conn->session_bytes += bytes;
	if (conn->session_reply_whole)
		smtp_reply_reset(reply);
	conn->session_reply_whole = false;
	switch (smtp_reply_add(reply, line, bytes)) {
	case SMTP_REPLY_BROKEN:
	case SMTP_REPLY_ENDLESS:
		smtp_reply_reset(reply);
		return bytes;
	case SMTP_REPLY_WHOLE:
		conn->session_reply_whole = true;
		break;
	case SMTP_REPLY_PART:
		break;
	}

	/* The first line of each EHLO's reply is a greeting: the offers of an
	   EHLO before STARTTLS count no more. */
	if (reply->code == 250 && reply->lines == 1)
		memset(&conn->offer, 0, sizeof(conn->offer));
	else if (reply->code == 250 && bytes > 4)
		note_offer(&conn->offer, line + 4, bytes - 4);
	if (conn->session_reply_whole && reply->code == 220)
		conn->greetings++;
	if (reply->code == 235)
		conn->authenticated = true;
	return bytes;
}

/* Finds the name of the TLS version in what libcurl tells for people: it has
   no better way to ask that all its TLS libraries know. */
static int
take_debug(
    CURL *easy, curl_infotype type, char *text, size_t bytes, void *context)
{
	static const char lead[] = "SSL connection using ";
	struct smtp_conn *conn = context;
	const char *version = text + sizeof(lead) - 1;
	size_t length;

	(void)easy;
	if (type != CURLINFO_TEXT || bytes < sizeof(lead) - 1 ||
	    memcmp(text, lead, sizeof(lead) - 1) != 0)
		return 0;
	bytes -= sizeof(lead) - 1;
	for (length = 0; length < bytes && version[length] > ' ';)
		length++;
	if (length > 3 && length < 12 && memcmp(version, "TLS", 3) == 0 &&
	    version[3] != 'v')
		snprintf(conn->tls, sizeof(conn->tls), "TLSv%.*s",
		    (int)length - 3, version + 3);
	else if (length < sizeof(conn->tls))
		snprintf(
		    conn->tls, sizeof(conn->tls), "%.*s", (int)length, version);
	return 0;
}

static bool
is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || text_equal(host, "[::1]"))
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
	       ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool
is_ehlo_name(const char *name)
{
	size_t bytes =
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789.-_:[]");

	return bytes > 0 && bytes <= NAME_BYTES && name[bytes] == '\0';
}

/* Words that go to the relay on a line of their own. */
static bool
is_line(const char *s)
{
	return strpbrk(s, "\r\n") == NULL;
}

/* What is known before the first packet. NULL: nothing speaks against it. */
static const char *
find_fault(const struct smtp_conn *conn, const struct relay *relay,
    const char *ehlo_name, const char *host)
{
	if (!is_ehlo_name(ehlo_name))
		return "the name for EHLO is not a host name";
	if (!is_line(relay->username) || !is_line(relay->password))
		return "the username or password has a line break";
	if (conn->implicit_tls && relay->tls == RELAY_TLS_OFF)
		return "an smtps:// relay cannot be without TLS";
	if (conn->wants_auth && relay->tls == RELAY_TLS_OFF &&
	    !is_loopback(host))
		return "a password is not sent without TLS";
	return NULL;
}

/* Sets an option that this libcurl must have, whatever the arguments. */
#define GM_SET(easy, option, value)                                    \
	do {                                                           \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK) \
			mem_exhausted();                               \
	} while (0)

static void
set_tls(CURL *easy, const struct relay *relay, bool wants_auth)
{
	bool verified = relay->tls == RELAY_TLS_REQUIRE || wants_auth;
	long use = CURLUSESSL_NONE;

	if (relay->tls != RELAY_TLS_OFF)
		use = verified ? CURLUSESSL_ALL : CURLUSESSL_TRY;
	GM_SET(easy, CURLOPT_USE_SSL, use);
	GM_SET(easy, CURLOPT_SSL_VERIFYPEER, verified ? 1L : 0L);
	GM_SET(easy, CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L);
	if (relay->ca_file[0] != '\0') {
		GM_SET(easy, CURLOPT_CAINFO, relay->ca_file);
		GM_SET(easy, CURLOPT_CAPATH, NULL);
	}
}

static void
set_options(struct smtp_conn *conn, const struct relay *relay, const char *url)
{
	const struct relay_timeouts *wait = &conn->timeouts;
	CURL *easy = conn->easy;

	GM_SET(easy, CURLOPT_URL, url);
	GM_SET(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	GM_SET(easy, CURLOPT_CONNECT_ONLY, 1L);
	GM_SET(easy, CURLOPT_TCP_NODELAY, 1L);
	GM_SET(easy, CURLOPT_NOSIGNAL, 1L);
	GM_SET(easy, CURLOPT_PROXY, "");
	GM_SET(easy, CURLOPT_FRESH_CONNECT, 1L);
	GM_SET(easy, CURLOPT_PRIVATE, conn);
	GM_SET(easy, CURLOPT_ERRORBUFFER, conn->curl_error);
	GM_SET(easy, CURLOPT_HEADERFUNCTION, take_header);
	GM_SET(easy, CURLOPT_HEADERDATA, conn);
	GM_SET(easy, CURLOPT_DEBUGFUNCTION, take_debug);
	GM_SET(easy, CURLOPT_DEBUGDATA, conn);
	GM_SET(easy, CURLOPT_VERBOSE, 1L);
	GM_SET(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(wait->connect_ms + wait->greeting_ms + SLACK_MS));
	GM_SET(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    (long)((wait->greeting_ms + SLACK_MS) / 1000));
	set_tls(easy, relay, conn->wants_auth);
	if (conn->wants_auth) {
		GM_SET(easy, CURLOPT_USERNAME, relay->username);
		GM_SET(easy, CURLOPT_PASSWORD, relay->password);
	}
}

static void
refuse(struct smtp_conn *conn, const char *text)
{
	smtp_outcome_without_reply(
	    PHASE_CONNECT, OUTCOME_DEFERRED, BLAME_US, text, &conn->why);
	conn->refused = true;
	smtp_pool_soon(conn->pool, conn);
}

/* Takes the relay's URL apart; all outputs are for curl_free. */
static bool
parse_url(const char *text, char **ret_scheme, char **ret_host, char **ret_port)
{
	CURLU *url = curl_url();
	char *user = NULL;
	bool fine;

	if (url == NULL)
		mem_exhausted();
	fine =
	    curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	    curl_url_get(url, CURLUPART_SCHEME, ret_scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, ret_host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, ret_port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK;
	curl_free(user);
	curl_url_cleanup(url);
	return fine;
}

static void
begin(struct smtp_conn *conn, const struct relay *relay, const char *ehlo_name,
    const char *scheme, const char *host)
{
	const char *fault;
	char *name;
	char *url;

	conn->implicit_tls = strcmp(scheme, "smtps") == 0;
	conn->wants_auth = relay->username[0] != '\0';
	fault = find_fault(conn, relay, ehlo_name, host);
	if (fault != NULL) {
		refuse(conn, fault);
		return;
	}

	/* The path of an SMTP URL is the name for EHLO. */
	conn->easy = curl_easy_init();
	name = curl_easy_escape(conn->easy, ehlo_name, 0);
	if (conn->easy == NULL || name == NULL)
		mem_exhausted();
	url = mem_format("%s://%s/%s", scheme, conn->name, name);
	set_options(conn, relay, url);
	free(url);
	curl_free(name);
	smtp_conn_limit(conn, conn->timeouts.connect_ms);
	if (curl_multi_add_handle(conn->pool->multi, conn->easy) != CURLM_OK)
		mem_exhausted();
}

void
smtp_session_begin(
    struct smtp_conn *conn, const struct relay *relay, const char *ehlo_name)
{
	char *scheme = NULL;
	char *host = NULL;
	char *port = NULL;

	if (parse_url(relay->url, &scheme, &host, &port) &&
	    (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0)) {
		conn->name = mem_format("%s:%s", host, port);
		begin(conn, relay, ehlo_name, scheme, host);
	} else {
		conn->name = mem_strdup(relay->url);
		refuse(conn, "the relay's URL is not smtp://host:port");
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
}

/* Failures that no other moment will mend: our settings or the relay's
   certificate against them. */
static const CURLcode ours[] = {
	CURLE_UNSUPPORTED_PROTOCOL,
	CURLE_URL_MALFORMAT,
	CURLE_NOT_BUILT_IN,
	CURLE_BAD_FUNCTION_ARGUMENT,
	CURLE_UNKNOWN_OPTION,
	CURLE_LOGIN_DENIED,
	CURLE_USE_SSL_FAILED,
	CURLE_PEER_FAILED_VERIFICATION,
	CURLE_SSL_CACERT_BADFILE,
	CURLE_SSL_CERTPROBLEM,
	CURLE_SSL_CIPHER,
	CURLE_SSL_ISSUER_ERROR,
	CURLE_SSL_CRL_BADFILE,
};

static void
judge(struct smtp_conn *conn, CURLcode result, struct verdict *ret)
{
	enum blame blame = BLAME_LINK;

	if (conn->session_reply_whole && conn->session_reply.code >= 400) {
		smtp_outcome(PHASE_CONNECT, &conn->session_reply, ret);
		return;
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (ours[i] == result)
			blame = BLAME_US;
	}

	/* It stands in sentences of ours. */
	for (size_t end = strlen(conn->curl_error);
	     end > 0 && conn->curl_error[end - 1] == '.'; end--)
		conn->curl_error[end - 1] = '\0';
	smtp_outcome_without_reply(PHASE_CONNECT, OUTCOME_DEFERRED, blame,
	    conn->curl_error[0] != '\0' ? conn->curl_error
					: curl_easy_strerror(result),
	    ret);
}

/* True when the relay said more than libcurl has read as replies: libcurl keeps
   it to itself, and all later replies would be one too late. The kernel counts
   what came; a FIN counts as a byte. */
static bool
has_said_too_much(const struct smtp_conn *conn)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);
	int unread = 0;

	if (conn->wire.encrypted ||
	    getsockopt(conn->wire.fd, IPPROTO_TCP, TCP_INFO, &info, &length) !=
		0 ||
	    length < offsetof(struct tcp_info, tcpi_bytes_received) +
			 sizeof(info.tcpi_bytes_received) ||
	    ioctl(conn->wire.fd, FIONREAD, &unread) != 0)
		return false;
	return info.tcpi_bytes_received >
	       conn->session_bytes + conn->wire.in_used + (uint64_t)unread + 1;
}

void
smtp_session_end(struct smtp_conn *conn, CURLcode result)
{
	struct smtp_wire *wire = &conn->wire;
	struct verdict why;
	curl_socket_t fd;

	if (conn->stage != SMTP_CONNECTING)
		return;
	if (result != CURLE_OK) {
		judge(conn, result, &why);
		smtp_conn_close(conn, &why);
		return;
	}
	if (conn->wants_auth && !conn->authenticated) {
		smtp_outcome_without_reply(PHASE_CONNECT, OUTCOME_DEFERRED,
		    BLAME_US, "the relay offers no AUTH that we know", &why);
		smtp_conn_close(conn, &why);
		return;
	}
	if (curl_easy_getinfo(conn->easy, CURLINFO_ACTIVESOCKET, &fd) !=
		CURLE_OK ||
	    fd == CURL_SOCKET_BAD) {
		smtp_conn_lose(conn, BLAME_LINK, "the connection was lost");
		return;
	}

	/* The first read ties libcurl's connection to its handle for good:
	   else it would count as idle and be closed when it gets old. */
	wire->easy = conn->easy;
	wire->fd = fd;
	wire->encrypted = conn->implicit_tls || conn->greetings > 1;
	if (!wire->encrypted)
		conn->tls[0] = '\0';
	else if (conn->tls[0] == '\0')
		snprintf(conn->tls, sizeof(conn->tls), "TLS");
	curl_easy_setopt(conn->easy, CURLOPT_VERBOSE, 0L);
	curl_easy_recv(conn->easy, wire->in, sizeof(wire->in), &wire->in_used);
	if (has_said_too_much(conn))
		smtp_conn_lose(conn, BLAME_PROTOCOL,
		    "the server answered before it was asked");
	else
		smtp_conn_stands(conn);
}

void
smtp_session_time_is_over(struct smtp_conn *conn)
{
	curl_off_t stood_us = 0;

	curl_easy_getinfo(conn->easy,
	    conn->implicit_tls ? CURLINFO_APPCONNECT_TIME_T
			       : CURLINFO_CONNECT_TIME_T,
	    &stood_us);
	if (stood_us > 0 && !conn->greeting_awaited) {
		conn->greeting_awaited = true;
		smtp_conn_limit(conn, conn->timeouts.greeting_ms);
		return;
	}
	smtp_conn_lose(conn, BLAME_LINK,
	    stood_us > 0 ? "no session within the time allowed"
			 : "no connection within the time allowed");
}
