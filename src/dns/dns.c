#include "dns/dns.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <ares.h>
#include <arpa/nameser.h>

#include "base/mem.h"

enum { MOST_HOSTS = 4, HOST_BYTES = 256 };

const struct dns_options dns_options_usual = {
	.timeout_ms = 5000,
	.tries = 3,
	.at_once = 16,
};

/* All domains. */
struct asking {
	ares_channel channel;
	const char *const *domains;
	size_t count;
	size_t next;   /* not begun yet, from here on */
	size_t active; /* begun, not answered */
	size_t at_once;
	dns_each_fn *each;
	void *context;
};

/* One domain: which of its hosts has an address? Without MX records it is its
   own host. */
struct lookup {
	struct asking *asking;
	size_t number;
	char hosts[MOST_HOSTS][HOST_BYTES]; /* best first */
	size_t host_count;
	size_t host;  /* asked about now */
	bool six;     /* for its AAAA, after its A */
	bool by_name; /* it has no MX */
	bool unsure;  /* some host gave no answer */
};

const char *
dns_answer(enum dns_answer answer)
{
#define X(name, text) text,
	static const char *const texts[] = { GM_DNS_ANSWERS(X) };
#undef X

	assert(answer < DNS_ANSWERS);
	return texts[answer];
}

static void
finish(struct lookup *lookup, enum dns_answer answer, const char *detail)
{
	struct asking *asking = lookup->asking;

	asking->active--;
	asking->each(lookup->number, answer, detail, asking->context);
	free(lookup);
}

static void host_answered(
    void *context, int status, int timeouts, unsigned char *bytes, int count);

static void
ask_host(struct lookup *lookup)
{
	ares_query(lookup->asking->channel, lookup->hosts[lookup->host],
	    ns_c_in, lookup->six ? ns_t_aaaa : ns_t_a, host_answered, lookup);
}

/* No host is left. */
static void
conclude(struct lookup *lookup)
{
	char detail[HOST_BYTES + 64] = "";

	if (lookup->unsure) {
		finish(lookup, DNS_UNKNOWN, "its mail host gave no answer");
		return;
	}
	if (!lookup->by_name)
		snprintf(detail, sizeof(detail), "%s has no address",
		    lookup->hosts[0]);
	finish(lookup, DNS_NO_HOST, detail);
}

/* An answer without an error may still have no record of the kind asked for,
   but a name that leads elsewhere. */
static bool
has_address(const struct lookup *lookup, const unsigned char *bytes, int count)
{
	struct ares_addrttl four[1];
	struct ares_addr6ttl six[1];
	int found = 1;
	int status =
	    lookup->six ? ares_parse_aaaa_reply(bytes, count, NULL, six, &found)
			: ares_parse_a_reply(bytes, count, NULL, four, &found);

	return status == ARES_SUCCESS && found > 0;
}

static void
host_answered(
    void *context, int status, int timeouts, unsigned char *bytes, int count)
{
	struct lookup *lookup = context;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION) {
		free(lookup);
		return;
	}
	if (status == ARES_SUCCESS && has_address(lookup, bytes, count)) {
		finish(lookup, DNS_TAKES_MAIL, lookup->hosts[lookup->host]);
		return;
	}
	if (status != ARES_SUCCESS && status != ARES_ENODATA &&
	    status != ARES_ENOTFOUND)
		lookup->unsure = true;

	/* The other kind of address, then the next host. */
	if (!lookup->six && status != ARES_ENOTFOUND) {
		lookup->six = true;
	} else {
		lookup->six = false;
		lookup->host++;
	}
	if (lookup->host < lookup->host_count)
		ask_host(lookup);
	else
		conclude(lookup);
}

/* Puts a host in its place by preference; those that find none are left out. */
static void
add_host(struct lookup *lookup, unsigned short preferences[MOST_HOSTS],
    const char *host, unsigned short preference)
{
	size_t place = lookup->host_count;

	if (strlen(host) >= HOST_BYTES)
		return;
	while (place > 0 && preferences[place - 1] > preference)
		place--;
	if (place == MOST_HOSTS)
		return;
	if (lookup->host_count < MOST_HOSTS)
		lookup->host_count++;
	for (size_t i = lookup->host_count - 1; i > place; i--) {
		preferences[i] = preferences[i - 1];
		memcpy(lookup->hosts[i], lookup->hosts[i - 1], HOST_BYTES);
	}
	preferences[place] = preference;
	snprintf(lookup->hosts[place], HOST_BYTES, "%s", host);
}

/* Reads the records; the root alone is a null MX, beside others it is no host.
   False when they cannot be read. */
static bool
read_hosts(struct lookup *lookup, const unsigned char *bytes, int count,
    bool *ret_null)
{
	unsigned short preferences[MOST_HOSTS] = { 0 };
	struct ares_mx_reply *list = NULL;
	int status = ares_parse_mx_reply(bytes, count, &list);

	if (status != ARES_SUCCESS && status != ARES_ENODATA)
		return false;
	*ret_null = false;
	for (const struct ares_mx_reply *mx = list; mx != NULL; mx = mx->next)
		if (mx->host[0] == '\0' || strcmp(mx->host, ".") == 0)
			*ret_null = true;
		else
			add_host(lookup, preferences, mx->host, mx->priority);
	ares_free_data(list);
	return true;
}

static void
mx_answered(
    void *context, int status, int timeouts, unsigned char *bytes, int count)
{
	struct lookup *lookup = context;
	bool null = false;

	(void)timeouts;
	switch (status) {
	case ARES_EDESTRUCTION:
		free(lookup);
		return;
	case ARES_ENOTFOUND:
		finish(lookup, DNS_NO_DOMAIN, "");
		return;
	case ARES_ENODATA:
		break;
	case ARES_SUCCESS:
		if (read_hosts(lookup, bytes, count, &null))
			break;
		finish(lookup, DNS_UNKNOWN, "the answer cannot be read");
		return;
	default:
		finish(lookup, DNS_UNKNOWN, ares_strerror(status));
		return;
	}
	if (null && lookup->host_count == 0) {
		finish(lookup, DNS_NULL_MX, "null MX");
		return;
	}
	if (lookup->host_count == 0) {
		lookup->by_name = true;
		lookup->host_count = 1;
		snprintf(lookup->hosts[0], HOST_BYTES, "%s",
		    lookup->asking->domains[lookup->number]);
	}
	ask_host(lookup);
}

static void
begin_next(struct asking *asking)
{
	struct lookup *lookup = mem_new(1, sizeof(*lookup));

	lookup->asking = asking;
	lookup->number = asking->next++;
	asking->active++;
	ares_query(asking->channel, asking->domains[lookup->number], ns_c_in,
	    ns_t_mx, mx_answered, lookup);
}

/* Waits until an answer comes or a try is over. */
static void
turn(ares_channel channel)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polls[ARES_GETSOCK_MAXNUM];
	unsigned bits =
	    (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	struct timeval longest = { 1, 0 }, left;
	struct timeval *wait = ares_timeout(channel, &longest, &left);
	nfds_t count = 0;
	int ready;

	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		/* The library's macros for this shift into the sign. */
		if (bits >> i & 1u)
			events |= POLLIN;
		if (bits >> (i + ARES_GETSOCK_MAXNUM) & 1u)
			events |= POLLOUT;
		if (events != 0)
			polls[count++] =
			    (struct pollfd){ sockets[i], events, 0 };
	}
	ready = poll(polls, count,
	    (int)(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000));
	for (nfds_t i = 0; ready > 0 && i < count; i++)
		if (polls[i].revents != 0)
			ares_process_fd(channel,
			    polls[i].revents & POLLOUT ? ARES_SOCKET_BAD
						       : polls[i].fd,
			    polls[i].revents & POLLOUT ? polls[i].fd
						       : ARES_SOCKET_BAD);
	if (ready <= 0)
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static bool
open_channel(const struct dns_options *options, ares_channel *ret_channel,
    struct err *err)
{
	struct ares_options settings = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = (int)options->timeout_ms,
		.tries = options->tries,
	};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status == ARES_SUCCESS)
		status = ares_init_options(ret_channel, &settings,
		    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status == ARES_ENOMEM)
		mem_exhausted();
	if (status != ARES_SUCCESS)
		return err_set(err, ERR_UNAVAILABLE,
		    "no name server to ask: %s", ares_strerror(status));
	if (options->server == NULL)
		return true;
	status = ares_set_servers_ports_csv(*ret_channel, options->server);
	if (status == ARES_SUCCESS && options->server[0] != '\0')
		return true;
	ares_destroy(*ret_channel);
	return err_set(err, ERR_USAGE,
	    "'%s' is no name server, expected ADDRESS or ADDRESS:PORT",
	    options->server);
}

bool
dns_ask(const struct dns_options *options, const char *const *domains,
    size_t count, dns_each_fn *each, void *context, struct err *err)
{
	struct asking asking = {
		.domains = domains,
		.count = count,
		.at_once = options->at_once,
		.each = each,
		.context = context,
	};

	if (!open_channel(options, &asking.channel, err))
		return false;
	while (asking.next < count || asking.active > 0) {
		while (asking.next < count && asking.active < asking.at_once)
			begin_next(&asking);
		if (asking.active > 0)
			turn(asking.channel);
	}
	ares_destroy(asking.channel);
	ares_library_cleanup();
	return true;
}
