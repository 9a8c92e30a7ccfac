#include "smtp/smtp_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "smtp/smtp_conn.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		mem_exhausted();
}

/* Ends the sessions that libcurl has finished with. */
static void
read_messages(struct smtp_pool *pool)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		char *conn;

		if (message->msg == CURLMSG_DONE) {
			curl_easy_getinfo(easy, CURLINFO_PRIVATE, &conn);
			smtp_session_end(
			    (struct smtp_conn *)(void *)conn, result);
		}
	}
}

static void
act_on_socket(int fd, int events, void *context)
{
	struct smtp_pool *pool = context;
	int mask = 0;
	int running;

	if (events & LOOP_READ)
		mask |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(pool->multi, fd, mask, &running);
	read_messages(pool);
}

static void
act_on_time(void *context)
{
	struct smtp_pool *pool = context;
	int running;

	curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	read_messages(pool);
}

/* libcurl wants a socket watched, differently, or no more. */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *seen)
{
	struct smtp_pool *pool = context;
	struct loop_watch *watch = seen;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_unwatch(watch);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= LOOP_READ;
	if (what & CURL_POLL_OUT)
		events |= LOOP_WRITE;
	if (watch != NULL) {
		loop_watch_events(watch, events);
		return 0;
	}
	watch = loop_watch(pool->loop, fd, events, act_on_socket, pool);
	curl_multi_assign(pool->multi, fd, watch);
	return 0;
}

static int
set_timer(CURLM *multi, long after_ms, void *context)
{
	struct smtp_pool *pool = context;

	(void)multi;
	loop_timer_set(pool->curl_timer, after_ms);
	return 0;
}

static void
say_all(struct smtp_pool *pool)
{
	struct smtp_conn *conn;

	while ((conn = TAILQ_FIRST(&pool->talk)) != NULL) {
		TAILQ_REMOVE(&pool->talk, conn, talk_link);
		conn->has_talk = false;
		smtp_conn_flush(conn);
	}
}

static void
do_soon(void *context)
{
	struct smtp_pool *pool = context;
	struct smtp_conn_list now = TAILQ_HEAD_INITIALIZER(now);
	struct smtp_conn *conn;

	/* What comes due meanwhile is for the next turn. */
	pool->is_awake = false;
	TAILQ_CONCAT(&now, &pool->soon, soon_link);
	while ((conn = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, conn, soon_link);
		conn->is_soon = false;
		smtp_conn_soon(conn);
	}
	if (!pool->caller_flushes)
		say_all(pool);
}

static void
wake(struct smtp_pool *pool)
{
	if (!pool->is_awake)
		loop_timer_set(pool->soon_timer, 0);
	pool->is_awake = true;
}

void
smtp_pool_soon(struct smtp_pool *pool, struct smtp_conn *conn)
{
	if (conn->is_soon)
		return;
	wake(pool);
	conn->is_soon = true;
	TAILQ_INSERT_TAIL(&pool->soon, conn, soon_link);
}

void
smtp_pool_talk(struct smtp_pool *pool, struct smtp_conn *conn)
{
	if (conn->has_talk)
		return;
	if (!pool->caller_flushes)
		wake(pool);
	conn->has_talk = true;
	TAILQ_INSERT_TAIL(&pool->talk, conn, talk_link);
}

void
smtp_pool_flush(struct smtp_pool *pool)
{
	pool->caller_flushes = true;
	say_all(pool);
}

struct smtp_pool *
smtp_pool_new(struct loop *loop)
{
	struct smtp_pool *pool = mem_new(1, sizeof(*pool));

	pthread_once(&once, init_curl);
	pool->loop = loop;
	TAILQ_INIT(&pool->conns);
	TAILQ_INIT(&pool->soon);
	TAILQ_INIT(&pool->talk);
	pool->curl_timer = loop_timer(loop, act_on_time, pool);
	pool->soon_timer = loop_timer(loop, do_soon, pool);
	pool->multi = curl_multi_init();
	if (pool->multi == NULL)
		mem_exhausted();
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
	return pool;
}

void
smtp_pool_free(struct smtp_pool *pool)
{
	if (pool == NULL)
		return;
	while (!TAILQ_EMPTY(&pool->conns))
		smtp_conn_free(TAILQ_FIRST(&pool->conns));
	curl_multi_cleanup(pool->multi);
	loop_timer_free(pool->curl_timer);
	loop_timer_free(pool->soon_timer);
	free(pool);
}
