#include "deliver/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "smtp/smtp.h"

/* One relay under examination. */
struct examination {
	struct probe *probe;
	struct smtp_conn *conn; /* NULL: it is over */
	size_t *open;           /* examinations that are not */
};

/* Copies what a relay said, for people to read. */
static void
copy_printable(char *to, size_t room, const char *from)
{
	size_t used = 0;

	for (; *from != '\0' && used + 1 < room; from++)
		to[used++] = (char)(*from >= ' ' && *from <= '~' ? *from : '?');
	to[used] = '\0';
}

static void
handle_ready(struct smtp_conn *conn, void *context)
{
	struct examination *one = context;

	one->probe->ok = true;
	copy_printable(
	    one->probe->tls, sizeof(one->probe->tls), smtp_conn_tls(conn));
	copy_printable(one->probe->offers, sizeof(one->probe->offers),
	    smtp_conn_offers(conn));
	smtp_quit(conn);
}

static void
handle_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	(void)conn;
	(void)end;
	(void)context;
	abort(); /* no transaction was begun */
}

static void
handle_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct examination *one = context;

	(void)conn;
	one->conn = NULL;
	one->probe->why = *why;
	(*one->open)--;
}

static const struct smtp_events events = {
	.ready = handle_ready,
	.done = handle_done,
	.closed = handle_closed,
};

/* Those that have not even answered in time; who was ready is fine. */
static void
give_up(struct examination *one)
{
	struct verdict *why = &one->probe->why;

	*why = (struct verdict){
		.outcome = OUTCOME_DEFERRED,
		.blame = BLAME_LINK,
		.phase = PHASE_CONNECT,
	};
	snprintf(why->text, sizeof(why->text), "no session within %d s",
	    PROBE_LONGEST_MS / 1000);
	smtp_abort(one->conn);
	one->conn = NULL;
	(*one->open)--;
}

void
probe_relays(const struct site *site, struct probe *ret_probes)
{
	size_t count = site->relay_count;
	struct examination *all = mem_new(count, sizeof(*all));
	int64_t end = now_mono_ms() + PROBE_LONGEST_MS;
	struct loop *loop = loop_new();
	struct smtp_pool *pool = smtp_pool_new(loop);
	size_t open = count;

	for (size_t i = 0; i < count; i++) {
		ret_probes[i] = (struct probe){ 0 };
		all[i].probe = &ret_probes[i];
		all[i].open = &open;
		all[i].conn = smtp_connect(pool, &site->relays[i],
		    &site->timeouts, site->ehlo_name, 1, &events, &all[i]);
		copy_printable(ret_probes[i].relay, sizeof(ret_probes[i].relay),
		    smtp_conn_relay(all[i].conn));
	}
	while (open > 0 && now_mono_ms() < end)
		loop_turn(loop, end - now_mono_ms());
	for (size_t i = 0; i < count; i++)
		if (all[i].conn != NULL)
			give_up(&all[i]);
	smtp_pool_free(pool);
	loop_free(loop);
	free(all);
}
