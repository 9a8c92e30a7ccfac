#include "fake_ledger.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "fake_memory.h"
#include "fake_tally.h"

struct fake_ledger {
	int fd; /* -1 = no ledger file */
	const char *dump_folder, *stats_file;
	char *line; /* the event that is being written */
	size_t line_len, line_cap;
	uint64_t connections, open, open_max, quits, hangups;
	uint64_t messages, recipients, bytes, refused, reports;
	uint64_t stop_after;       /* messages; 0 = never */
	int64_t first_ns, last_ns; /* first connection, last message */
	uint64_t violations[FAKE_VIOLATION_COUNT];
	uint64_t checksum;
	struct fake_tally distinct;
};

static const char *const violation_words[] = {
#define X(name, word) word,
	FAKE_VIOLATIONS(X)
#undef X
};

static_assert(sizeof(violation_words) / sizeof(violation_words[0]) ==
		  FAKE_VIOLATION_COUNT,
    "one word per violation");

struct fake_ledger *
fake_ledger_open(
    const char *log_file, const char *dump_folder, const char *stats_file)
{
	struct fake_ledger *l = fake_memory_zeroed(sizeof(*l));

	l->fd = -1;
	l->dump_folder = dump_folder;
	l->stats_file = stats_file;
	if (dump_folder && access(dump_folder, W_OK | X_OK) < 0) {
		fprintf(stderr, "fake-smtp: %s: %s\n", dump_folder,
		    strerror(errno));
		fake_ledger_close(l);
		return NULL;
	}
	if (log_file)
		l->fd = open(
		    log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_file && l->fd < 0) {
		fprintf(
		    stderr, "fake-smtp: %s: %s\n", log_file, strerror(errno));
		fake_ledger_close(l);
		return NULL;
	}
	return l;
}

bool
fake_ledger_wants_octets(const struct fake_ledger *l)
{
	return l->fd >= 0 || l->dump_folder;
}

void
fake_ledger_stop_after(struct fake_ledger *l, uint64_t count)
{
	l->stop_after = count;
}

static void
write_all(int fd, const char *bytes, size_t n, const char *what)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			/* A witness that cannot write must not go on. */
			fprintf(stderr, "fake-smtp: %s: %s\n", what,
			    strerror(errno));
			exit(74);
		}
		bytes += done;
		n -= (size_t)done;
	}
}

static void
add_bytes(struct fake_ledger *l, const char *bytes, size_t n)
{
	while (l->line_len + n > l->line_cap) {
		l->line_cap = l->line_cap ? l->line_cap * 2 : 1024;
		l->line = fake_memory_resize(l->line, l->line_cap);
	}
	memcpy(l->line + l->line_len, bytes, n);
	l->line_len += n;
}

static void __attribute__((format(printf, 2, 3)))
add(struct fake_ledger *l, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < sizeof(text));
	add_bytes(l, text, (size_t)n);
}

/* The length of the UTF-8 sequence at P, or 0 if it is none. */
static size_t
measure_utf8(const unsigned char *p)
{
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* A JSON string; octets that are not UTF-8 become U+0080 to U+00FF. */
static void
add_string(struct fake_ledger *l, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (!text) {
		add_bytes(l, "null", 4);
		return;
	}
	add_bytes(l, "\"", 1);
	while (*p) {
		size_t n = *p < 0x80 ? 1 : measure_utf8(p);
		if (n == 0 || *p < 0x20 || *p == 0x7f)
			add(l, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			add(l, "\\%c", *p);
		else
			add_bytes(l, (const char *)p, n);
		p += n ? n : 1;
	}
	add_bytes(l, "\"", 1);
}

/* Begin a line; false = there is no file to write it to. */
static bool
begin(struct fake_ledger *l, const char *event, uint64_t connection)
{
	struct timespec now;

	if (l->fd < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	l->line_len = 0;
	add(l, "{\"event\":\"%s\",\"time\":%lld.%06ld,\"connection\":%" PRIu64,
	    event, (long long)now.tv_sec, now.tv_nsec / 1000, connection);
	return true;
}

static void
add_field(struct fake_ledger *l, const char *name, const char *text)
{
	add(l, ",\"%s\":", name);
	add_string(l, text);
}

static void
commit(struct fake_ledger *l)
{
	add_bytes(l, "}\n", 2);
	write_all(l->fd, l->line, l->line_len, "ledger");
}

void
fake_ledger_connect(struct fake_ledger *l, uint64_t connection, int64_t now_ns)
{
	if (!l->connections++)
		l->first_ns = l->last_ns = now_ns;
	if (++l->open > l->open_max)
		l->open_max = l->open;
	if (begin(l, "connect", connection))
		commit(l);
}

void
fake_ledger_ehlo(struct fake_ledger *l, uint64_t connection, const char *name)
{
	if (!begin(l, "ehlo", connection))
		return;
	add_field(l, "name", name);
	commit(l);
}

static void
dump_message(const struct fake_ledger *l, const struct fake_message *m)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%06" PRIu64 ".eml", l->dump_folder,
	    l->messages);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		fprintf(stderr, "fake-smtp: %s: %s\n", path, strerror(errno));
		exit(74);
	}
	write_all(fd, m->octets, (size_t)m->bytes, path);
	close(fd);
}

static void
add_sha256(struct fake_ledger *l, const char *bytes, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!EVP_Digest(bytes, n, digest, &size, EVP_sha256(), NULL))
		abort();
	add(l, ",\"sha256\":\"");
	for (unsigned i = 0; i < size; i++)
		add(l, "%02x", digest[i]);
	add(l, "\"");
}

static void
enter_message(struct fake_ledger *l, const struct fake_message *m)
{
	if (!begin(l, "accepted", m->connection))
		return;
	add(l, ",\"transaction\":%" PRIu64 ",\"message\":%" PRIu64, m->txn,
	    l->messages);
	add_field(l, "from", m->from);
	add_field(l, "rcpt", m->rcpts[0]);
	add(l, ",\"rcpts\":[");
	for (size_t i = 0; i < m->rcpt_count; i++) {
		if (i)
			add(l, ",");
		add_string(l, m->rcpts[i]);
	}
	add(l, "],\"bytes\":%" PRIu64, m->bytes);
	add_sha256(l, m->octets, (size_t)m->bytes);
	commit(l);
}

void
fake_ledger_accept(struct fake_ledger *l, const struct fake_message *m)
{
	l->messages++;
	l->bytes += m->bytes;
	l->last_ns = m->at_ns;
	for (size_t i = 0; i < m->rcpt_count; i++) {
		uint64_t hash = fake_tally_hash(m->rcpts[i]);
		l->recipients++;
		l->checksum += hash;
		fake_tally_add(&l->distinct, hash);
	}

	/* The copy is there before the line that speaks of it. */
	if (l->dump_folder)
		dump_message(l, m);
	enter_message(l, m);
	if (l->messages == l->stop_after)
		raise(SIGSTOP);
}

void
fake_ledger_refuse(struct fake_ledger *l, uint64_t connection,
    const char *phase, int code, const char *from, const char *rcpt)
{
	l->refused++;
	if (!begin(l, "refused", connection))
		return;
	add(l, ",\"phase\":\"%s\",\"code\":%d", phase, code);
	add_field(l, "from", from);
	add_field(l, "rcpt", rcpt);
	commit(l);
}

void
fake_ledger_violate(struct fake_ledger *l, uint64_t connection,
    enum fake_violation what, const char *rcpt)
{
	l->violations[what]++;
	if (!begin(l, "violation", connection))
		return;
	add_field(l, "kind", violation_words[what]);
	add_field(l, "rcpt", rcpt);
	commit(l);
}

void
fake_ledger_hangup(struct fake_ledger *l, uint64_t connection, const char *by,
    const char *point)
{
	l->open--;
	l->hangups++;
	if (!begin(l, "hang-up", connection))
		return;
	add_field(l, "by", by);
	add_field(l, "point", point);
	commit(l);
}

void
fake_ledger_quit(struct fake_ledger *l, uint64_t connection)
{
	l->open--;
	l->quits++;
	if (begin(l, "quit", connection))
		commit(l);
}

static void
compose_report(struct fake_ledger *l)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = { { "report", ++l->reports },
		{ "connections", l->connections }, { "open", l->open },
		{ "open_max", l->open_max }, { "quits", l->quits },
		{ "hangups", l->hangups }, { "accepted", l->messages },
		{ "recipients", l->recipients },
		{ "distinct", l->distinct.used }, { "bytes", l->bytes },
		{ "refused", l->refused },
		{ "span_us", (uint64_t)(l->last_ns - l->first_ns) / 1000 } };
	const char *gap = "";

	l->line_len = 0;
	add(l, "{");
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		add(l, "\"%s\":%" PRIu64 ",", counters[i].name,
		    counters[i].value);
	add(l, "\"checksum\":\"%016" PRIx64 "\",\"violations\":{", l->checksum);
	for (size_t i = 0; i < FAKE_VIOLATION_COUNT; i++) {
		if (!l->violations[i])
			continue;
		add(l, "%s\"%s\":%" PRIu64, gap, violation_words[i],
		    l->violations[i]);
		gap = ",";
	}
	add(l, "}}\n");
}

void
fake_ledger_report(struct fake_ledger *l)
{
	char temporary[4096];

	compose_report(l);
	if (!l->stats_file) {
		write_all(1, l->line, l->line_len, "standard output");
		return;
	}

	/* Whoever reads the file sees one whole report. */
	snprintf(temporary, sizeof(temporary), "%s.new", l->stats_file);
	int fd =
	    open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || (write_all(fd, l->line, l->line_len, temporary),
			  close(fd), rename(temporary, l->stats_file) < 0))
		fprintf(stderr, "fake-smtp: %s: %s\n", l->stats_file,
		    strerror(errno));
}

void
fake_ledger_close(struct fake_ledger *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l->line);
	fake_tally_clear(&l->distinct);
	free(l);
}
