#ifndef SMTP_SMTP_CONN_H
#define SMTP_SMTP_CONN_H

/*
 * One connection from inside the room: its life (smtp_conn.c), how its session
 * comes about (smtp_session.c), and its transactions (smtp_transaction.c).
 *
 * A connection that is CLOSED stays in memory until smtp_conn_soon frees it,
 * so whoever made an event looks at `stage` afterwards before going on.
 */

#include "smtp/smtp_outcome.h"
#include "smtp/smtp_pool.h"
#include "smtp/smtp_wire.h"

enum smtp_stage {
	SMTP_CONNECTING, /* libcurl is at work */
	SMTP_READY,      /* a transaction may start */
	SMTP_BUSY,       /* one is under way */
	SMTP_QUITTING,   /* QUIT was said */
	SMTP_CLOSING,    /* given back, the last events are being made */
	SMTP_CLOSED,     /* the last event was made, or none is wanted */
};

/* What the relay's last EHLO reply offered. */
struct smtp_offer {
	bool pipelining;
	bool smtputf8;
	size_t size;    /* largest message; 0: no limit told */
	bool any_size;  /* SIZE was there */
	char text[400]; /* all of it: "PIPELINING, SIZE 10240000" */
};

enum {
	SMTP_COMMANDS = 4,         /* RSET MAIL RCPT DATA */
	SMTP_COMMAND_BYTES = 1024, /* of all four */
};

/* The transaction under way. */
struct smtp_transaction {
	char text[SMTP_COMMAND_BYTES];
	enum phase phases[SMTP_COMMANDS]; /* of each command */
	size_t ends[SMTP_COMMANDS];       /* in `text` */
	size_t count;                     /* commands there are */
	size_t said;                      /* of them queued for writing */
	size_t answered;
	bool body_wanted; /* 354 came */
	bool body_given;  /* smtp_body was called */
	bool final_due;   /* the dot is written, its reply is not here */
	bool heard;       /* the relay answered, or had its time to */
	bool withdrawn;
	bool decided; /* `verdict` stands */
	struct verdict verdict;
	const struct iovec *parts;
	size_t part_count;
};

struct smtp_conn {
	struct smtp_pool *pool;
	TAILQ_ENTRY(smtp_conn) link;
	TAILQ_ENTRY(smtp_conn) soon_link;
	bool is_soon;
	enum smtp_stage stage;
	bool quit_wanted;
	bool write_failed;
	bool needs_rset; /* a transaction was refused */
	size_t transactions;

	const struct smtp_events *events;
	void *context;
	struct relay_timeouts timeouts;
	char *name; /* "host:port" */

	CURL *easy; /* NULL when it could not even be tried */
	struct loop_watch *watch;
	int watched; /* LOOP_READ | LOOP_WRITE */
	struct loop_timer *timer;
	int64_t deadline_ms; /* monotonic; -1: none */
	int64_t armed_ms;    /* when the timer fires; -1: it does not */

	/* The session. */
	struct smtp_reply session_reply;
	bool session_reply_whole;
	struct smtp_offer offer;
	int greetings; /* 220 replies: the second one answers STARTTLS */
	bool authenticated;
	bool wants_auth;
	bool implicit_tls;
	bool greeting_awaited; /* TCP stands; the second part of the wait */
	char tls[16];
	char curl_error[CURL_ERROR_SIZE];
	struct verdict refusal; /* outcome deferred: why no session is tried */
	bool refused;

	struct smtp_reply reply;
	struct smtp_transaction transaction;
	struct smtp_wire wire;
};

/* smtp_conn.c */

/* The session stands on `wire`: watch it and tell the caller. */
void smtp_conn_stands(struct smtp_conn *conn);

/* Ends a transaction under way with its verdict or `why`, then the connection
   with `why`. */
void smtp_conn_close(struct smtp_conn *conn, const struct verdict *why);

/* Closes with blame `link` or `protocol` and our own words for it; unknown
   when the message may have been accepted. */
void smtp_conn_lose(struct smtp_conn *conn, enum blame blame, const char *text);

/* What waits for the loop: a free, a quit, a failed write, a verdict. */
void smtp_conn_soon(struct smtp_conn *conn);

/* Closes within `ms` from now unless set again; -1: no limit. */
void smtp_conn_limit(struct smtp_conn *conn, int64_t ms);

/* Writes what is queued; a failure is seen soon, not now. */
void smtp_conn_flush(struct smtp_conn *conn);

/* Says QUIT. */
void smtp_conn_quit_now(struct smtp_conn *conn);

/* Frees everything, at once and without an event. */
void smtp_conn_free(struct smtp_conn *conn);

/* smtp_session.c */

/* Sets up libcurl's handle and adds it to the pool's multi; when that cannot
   be, `refusal` is set and the connection will be closed soon. */
void smtp_session_begin(
    struct smtp_conn *conn, const struct relay *relay, const char *ehlo_name);

/* libcurl is done with the connection: stands or closes it. */
void smtp_session_end(struct smtp_conn *conn, CURLcode result);

/* The time for TCP and TLS, or then for the greeting and so on, is over. */
void smtp_session_time_is_over(struct smtp_conn *conn);

/* smtp_transaction.c */

/* A reply came while BUSY. */
void smtp_transaction_reply(
    struct smtp_conn *conn, const struct smtp_reply *reply);

/* The queue was written: a dot that was in it is due for an answer. */
void smtp_transaction_written(struct smtp_conn *conn);

/* Where the dialogue is, for a verdict without a reply. */
enum phase smtp_transaction_phase(const struct smtp_conn *conn);

/* Ends a decided transaction: `done`, then `ready` or QUIT. */
void smtp_transaction_end(struct smtp_conn *conn);

#endif
