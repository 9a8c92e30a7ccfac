#ifndef SMTP_SMTP_POOL_H
#define SMTP_SMTP_POOL_H

/*
 * What the connections of one loop share: libcurl's multi handle, whose
 * sockets and timer the pool lays on the loop, the list of connections that
 * have something to do soon, that is from the loop and not from inside the
 * caller's function, and the list of those that have something to say. Owns
 * its connections.
 */

#include <curl/curl.h>
#include <sys/queue.h>

#include "smtp/smtp.h"

TAILQ_HEAD(smtp_conn_list, smtp_conn);

struct smtp_pool {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *curl_timer;
	struct loop_timer *soon_timer;
	bool is_awake; /* soon_timer is set */
	bool caller_flushes;
	struct smtp_conn_list conns;
	struct smtp_conn_list soon; /* a part of them */
	struct smtp_conn_list talk; /* another */
};

/* Calls smtp_conn_soon for the connection from the loop's next turn. */
void smtp_pool_soon(struct smtp_pool *pool, struct smtp_conn *conn);

/* Writes for the connection at the end of the turn, or in smtp_pool_flush. */
void smtp_pool_talk(struct smtp_pool *pool, struct smtp_conn *conn);

#endif
