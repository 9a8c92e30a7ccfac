/*
 * fake-smtp: a mail server that does what a test tells it to do.
 *
 * It accepts mail as a good server does, unless its script says otherwise,
 * and bears witness: its ledger names every message it ever accepted, before
 * the client can learn of it, and everything the client did wrong.  It shares
 * no code with glocal-mail, so the two cannot be wrong in the same way.
 *
 *   fake_loop         sockets, clock, signals
 *   fake_session      octets to commands
 *   fake_command      SMTP, one by one
 *   fake_transaction  from MAIL to the reply to the message
 *   fake_answer       replies and refusals    fake_script  rules for them
 *   fake_body         octets of a message     fake_wire    each reply in time
 *   fake_ledger       events and counters     fake_tally   counts by hash
 *
 * The help text below is its manual.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "fake_loop.h"
#include "fake_memory.h"

#define NS_PER_MS 1000000

struct options {
	const char *listen, *port_file, *script, *log, *dump, *stats;
	uint64_t seed, max_seconds, stop_after;
	struct fake_server server;
};

enum flag {
	FLAG_LISTEN,
	FLAG_PORT_FILE,
	FLAG_SCRIPT,
	FLAG_SEED,
	FLAG_LOG,
	FLAG_DUMP,
	FLAG_STATS,
	FLAG_DELAY,
	FLAG_BODY_DELAY,
	FLAG_MAX_SECONDS,
	FLAG_STOP_AFTER,
	FLAG_SIZE,
	FLAG_NO_SIZE,
	FLAG_CHUNKING,
	FLAG_NO_CHUNKING,
	FLAG_NO_PIPELINING,
	FLAG_NO_8BITMIME,
	FLAG_NO_SMTPUTF8,
	FLAG_NO_ENHANCED,
	FLAG_NO_EHLO,
	FLAG_JUDGE,
	FLAG_HELP,
};

static const struct option flags[] = {
	{ "listen", required_argument, NULL, FLAG_LISTEN },
	{ "port-file", required_argument, NULL, FLAG_PORT_FILE },
	{ "script", required_argument, NULL, FLAG_SCRIPT },
	{ "seed", required_argument, NULL, FLAG_SEED },
	{ "log", required_argument, NULL, FLAG_LOG },
	{ "dump", required_argument, NULL, FLAG_DUMP },
	{ "stats", required_argument, NULL, FLAG_STATS },
	{ "delay-ms", required_argument, NULL, FLAG_DELAY },
	{ "body-delay-ms", required_argument, NULL, FLAG_BODY_DELAY },
	{ "max-seconds", required_argument, NULL, FLAG_MAX_SECONDS },
	{ "stop-after", required_argument, NULL, FLAG_STOP_AFTER },
	{ "size", required_argument, NULL, FLAG_SIZE },
	{ "no-size", no_argument, NULL, FLAG_NO_SIZE },
	{ "chunking", no_argument, NULL, FLAG_CHUNKING },
	{ "no-chunking", no_argument, NULL, FLAG_NO_CHUNKING },
	{ "no-pipelining", no_argument, NULL, FLAG_NO_PIPELINING },
	{ "no-8bitmime", no_argument, NULL, FLAG_NO_8BITMIME },
	{ "no-smtputf8", no_argument, NULL, FLAG_NO_SMTPUTF8 },
	{ "no-enhancedstatuscodes", no_argument, NULL, FLAG_NO_ENHANCED },
	{ "no-ehlo", no_argument, NULL, FLAG_NO_EHLO },
	{ "judge", no_argument, NULL, FLAG_JUDGE },
	{ "help", no_argument, NULL, FLAG_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char *const help[] = {
	"usage: fake-smtp [option…]\n"
	"  --listen ADDRESS:PORT  where to listen (127.0.0.1:0, any free "
	"port)\n"
	"  --port-file FILE       write the port there, once ready\n"
	"  --script FILE          rules, see below\n"
	"  --seed N               of odds= and sample= (1)\n"
	"  --log FILE             append the ledger there, JSON lines\n"
	"  --dump FOLDER          write each accepted message as NNNNNN.eml\n"
	"  --stats FILE           counters, at the end and on SIGUSR1 "
	"(stdout)\n"
	"  --delay-ms N           each reply N ms late; replies to commands "
	"that\n"
	"                         came in one read leave together\n"
	"  --body-delay-ms N      the reply to a message N ms later still\n"
	"  --max-seconds N        end after N s (3600)\n"
	"  --stop-after N         stop as by SIGSTOP once N messages are "
	"accepted\n"
	"  --size N --no-size     SIZE announced and kept (52428800)\n"
	"  --chunking             offer CHUNKING (not by default)\n"
	"  --no-pipelining --no-8bitmime --no-smtputf8\n"
	"  --no-enhancedstatuscodes --no-chunking\n"
	"                         do not offer it\n"
	"  --no-ehlo              answer EHLO with 500\n"
	"  --judge                look for flaws in the octets of messages "
	"even\n"
	"                         without --log and --dump\n",
	"\nScript: one rule a line, # begins a comment; the first that holds "
	"wins\n"
	"  PHASE [CONDITION…] ACTION\n"
	"phases: connect ehlo mail rcpt data bdat (each chunk) body (the reply "
	"to\n"
	"  the message) rset quit any\n"
	"conditions, all must hold:\n"
	"  match=GLOB  the recipient; the sender in mail; the name in ehlo\n"
	"  first=N     the first N times for each address\n"
	"  times=N     at most N times in all     after=N  not the first N "
	"times\n"
	"  every=N     each N-th time             txn=N    from the N-th MAIL "
	"of\n"
	"  odds=P      by chance, 2% or 0.02               a connection on\n"
	"  sample=P    by chance, but for an address always the same\n",
	"actions:\n"
	"  reply CODE [TEXT]   2xx and 3xx go on, others refuse; 421 also "
	"closes\n"
	"  multi CODE N        the same in N lines\n"
	"  close, reset        FIN or RST instead of the reply\n"
	"  stall [MS]          say nothing and read nothing, for MS or for "
	"good\n"
	"  drip MS             the usual reply, one octet each MS\n"
	"  long N              the usual code in a line of N octets\n"
	"  garbage             what is no reply at all; nothing is accepted\n"
	"  early [CODE [TEXT]] data: 354 with the reply to RCPT; body: 250 "
	"with\n"
	"                      the 354, before the message came\n"
	"  accept-then-close, accept-then-reset\n"
	"                      body: accept, then FIN or RST for the reply\n"
	"  close-mid [N], reset-mid [N]\n"
	"                      body: FIN or RST once N octets of it came (1)\n"
	"Exit: 0 ended by a signal or the clock, 64 usage, 65 script, 69 "
	"port,\n"
	"  73 file cannot be made, 74 ledger cannot be written\n",
};

static int
complain_usage(const char *flag, const char *value)
{
	fprintf(stderr, "fake-smtp: '%s' is no value for --%s, see --help\n",
	    value, flag);
	return EX_USAGE;
}

static bool
read_count(const char *text, uint64_t max, uint64_t *ret_count)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n > max)
		return false;
	*ret_count = n;
	return true;
}

static bool
read_ms(const char *text, int64_t *ret_ns)
{
	uint64_t ms;

	if (!read_count(text, 86400000, &ms))
		return false;
	*ret_ns = (int64_t)ms * NS_PER_MS;
	return true;
}

/* Set what a flag with a value says; false = the value is no good. */
static bool
read_value(struct options *o, enum flag flag, const char *value)
{
	switch (flag) {
	case FLAG_LISTEN:
		o->listen = value;
		return strrchr(value, ':') != NULL;
	case FLAG_PORT_FILE:
		o->port_file = value;
		return true;
	case FLAG_SCRIPT:
		o->script = value;
		return true;
	case FLAG_LOG:
		o->log = value;
		return true;
	case FLAG_DUMP:
		o->dump = value;
		return true;
	case FLAG_STATS:
		o->stats = value;
		return true;
	case FLAG_SEED:
		return read_count(value, UINT64_MAX, &o->seed);
	case FLAG_MAX_SECONDS:
		return read_count(value, 1000000, &o->max_seconds);
	case FLAG_STOP_AFTER:
		return read_count(value, UINT64_MAX, &o->stop_after);
	case FLAG_SIZE:
		return read_count(value, UINT64_MAX, &o->server.size);
	case FLAG_DELAY:
		return read_ms(value, &o->server.delay_ns);
	case FLAG_BODY_DELAY:
		return read_ms(value, &o->server.body_delay_ns);
	default:
		return false;
	}
}

static void
set_switch(struct fake_server *s, enum flag flag)
{
	if (flag == FLAG_NO_SIZE)
		s->size = 0;
	else if (flag == FLAG_CHUNKING || flag == FLAG_NO_CHUNKING)
		s->chunking = flag == FLAG_CHUNKING;
	else if (flag == FLAG_NO_PIPELINING)
		s->pipelining = false;
	else if (flag == FLAG_NO_8BITMIME)
		s->eightbit = false;
	else if (flag == FLAG_NO_SMTPUTF8)
		s->smtputf8 = false;
	else if (flag == FLAG_NO_ENHANCED)
		s->enhanced = false;
	else if (flag == FLAG_NO_EHLO)
		s->ehlo = false;
	else if (flag == FLAG_JUDGE)
		s->judge = true;
}

/* Read the command line; -1 = go on, else the exit status. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int flag, row;

	while ((flag = getopt_long(argc, argv, "", flags, &row)) != -1) {
		if (flag == '?')
			return EX_USAGE;
		if (flag == FLAG_HELP) {
			for (size_t i = 0; i < sizeof(help) / sizeof(*help);
			     i++)
				fputs(help[i], stdout);
			return 0;
		}
		if (!optarg)
			set_switch(&o->server, (enum flag)flag);
		else if (!read_value(o, (enum flag)flag, optarg))
			return complain_usage(flags[flag].name, optarg);
	}
	if (optind < argc) {
		fprintf(stderr,
		    "fake-smtp: '%s' is not an option, see "
		    "--help\n",
		    argv[optind]);
		return EX_USAGE;
	}
	return -1;
}

/* Listen on ADDRESS:PORT; -1 after a complaint. */
static int
open_listener(const char *where)
{
	char host[256];
	const char *colon = strrchr(where, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	/* A client must not get rid of megabytes that nobody reads. */
	int one = 1, unread = 256 * 1024, fd = -1;

	/* An IPv6 address stands in brackets. */
	snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	char *name = host + (*host == '[');
	name[strcspn(name, "]")] = '\0';
	int error = getaddrinfo(name, colon + 1, &hints, &found);
	if (error) {
		fprintf(
		    stderr, "fake-smtp: %s: %s\n", where, gai_strerror(error));
		return -1;
	}
	fd = socket(
	    found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &unread, sizeof(unread)) <
		0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
	    listen(fd, 4096) < 0) {
		fprintf(stderr, "fake-smtp: %s: %s\n", where, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static unsigned
find_port(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof(at);

	getsockname(fd, (struct sockaddr *)&at, &n);
	return ntohs(at.ss_family == AF_INET6
			 ? ((struct sockaddr_in6 *)&at)->sin6_port
			 : ((struct sockaddr_in *)&at)->sin_port);
}

/* Whoever sees the file sees the whole number, and a server that listens. */
static bool
write_port(const char *file, unsigned port)
{
	char temporary[4096];
	FILE *f;

	snprintf(temporary, sizeof(temporary), "%s.new", file);
	f = fopen(temporary, "we");
	if (!f || fprintf(f, "%u\n", port) < 0 || fclose(f) ||
	    rename(temporary, file) < 0) {
		fprintf(stderr, "fake-smtp: %s: %s\n", file, strerror(errno));
		return false;
	}
	return true;
}

static int
serve(const struct options *o, const struct fake_server *server)
{
	struct rlimit files;
	int fd = open_listener(o->listen);

	if (fd < 0)
		return EX_UNAVAILABLE;
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	int status = EX_CANTCREAT;
	if (!o->port_file || write_port(o->port_file, find_port(fd)))
		status = fake_loop_run(server, fd, o->max_seconds);
	close(fd);
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = { .listen = "127.0.0.1:0",
		.seed = 1,
		.max_seconds = 3600,
		.server = { .size = 52428800,
		    .ehlo = true,
		    .pipelining = true,
		    .eightbit = true,
		    .smtputf8 = true,
		    .enhanced = true } };
	int status = read_options(&o, argc, argv);

	if (status >= 0)
		return status;
	fake_loop_block_signals();
	o.server.script = fake_script_load(o.script, o.seed);
	if (!o.server.script)
		return EX_DATAERR;
	o.server.ledger = fake_ledger_open(o.log, o.dump, o.stats);
	if (!o.server.ledger) {
		fake_script_free(o.server.script);
		return EX_CANTCREAT;
	}
	fake_ledger_stop_after(o.server.ledger, o.stop_after);
	status = serve(&o, &o.server);
	fake_ledger_report(o.server.ledger);
	fake_ledger_close(o.server.ledger);
	fake_script_free(o.server.script);
	return status;
}
