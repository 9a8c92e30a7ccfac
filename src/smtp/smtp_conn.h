#ifndef SMTP_SMTP_CONN_H
#define SMTP_SMTP_CONN_H

/*
 * One connection from inside the room: its life (smtp_conn.c), how its session
 * comes about (smtp_session.c), its transactions and the replies to them
 * (smtp_transaction.c), what of them is said and when (smtp_talk.c), how an
 * envelope is put into commands (smtp_command.c), and what becomes of those
 * that a connection leaves open (smtp_end.c).
 *
 * Transactions stand in a ring and are counted: `first` is the oldest open
 * one, `writing` the one whose words go out next, `next` the one that will be
 * started next. Replies belong to `first`, always: it is done when all that
 * was said of it is answered.
 *
 * A connection that is CLOSED stays in memory until smtp_conn_soon frees it,
 * so whoever made an event looks at `stage` afterwards before going on.
 */

#include "smtp/smtp_dots.h"
#include "smtp/smtp_outcome.h"
#include "smtp/smtp_pool.h"
#include "smtp/smtp_wire.h"

enum smtp_stage {
	SMTP_CONNECTING, /* libcurl is at work */
	SMTP_STANDING,   /* transactions are under way, or none */
	SMTP_QUITTING,   /* QUIT was said */
	SMTP_CLOSING,    /* given back, the last events are being made */
	SMTP_CLOSED,     /* the last event was made, or none is wanted */
};

/* What the relay's last EHLO reply offered. */
struct smtp_offer {
	bool pipelining;
	bool chunking;
	bool smtputf8;
	size_t size;    /* largest message; 0: no limit told */
	bool any_size;  /* SIZE was there */
	char text[400]; /* all of it: "PIPELINING, SIZE 10240000" */
};

enum {
	SMTP_COMMANDS = 4,        /* RSET MAIL RCPT DATA */
	SMTP_COMMAND_BYTES = 640, /* of all four, or BDAT for DATA */
};

struct smtp_transaction {
	char text[SMTP_COMMAND_BYTES];
	unsigned char phases[SMTP_COMMANDS]; /* of each command */
	unsigned short ends[SMTP_COMMANDS];  /* in `text` */
	unsigned char count;                 /* commands there are */
	unsigned char said;                  /* of them queued for writing */
	unsigned char answered;
	bool opened;      /* its first command was queued */
	bool body_wanted; /* 354 came, or the recipient was taken for BDAT */
	bool body_given;  /* smtp_body was called */
	bool body_begun;  /* some of it was queued */
	bool body_said;   /* all of it was */
	bool finished;    /* the final reply came */
	bool heard;       /* the relay answered, or had its time to */
	bool withdrawn;   /* by the caller, and so decided */
	bool decided;     /* `verdict` stands */
	uint64_t text_at; /* where in the stream `text` begins */
	uint64_t end_at;  /* where the body ends, once said */
	struct verdict verdict;
	const struct iovec *parts;
	size_t part_count;
};

struct smtp_conn {
	struct smtp_pool *pool;
	TAILQ_ENTRY(smtp_conn) link;
	TAILQ_ENTRY(smtp_conn) soon_link;
	TAILQ_ENTRY(smtp_conn) talk_link;
	bool is_soon;
	bool has_talk; /* stands among those that have something to say */
	enum smtp_stage stage;
	bool quit_wanted;
	bool write_failed;
	bool out_of_turn; /* the relay spoke before it was asked */
	bool needs_rset;  /* a transaction was refused or taken back */
	bool served;      /* the relay has answered some transaction */

	/* The connection ends, for `why`, as soon as the oldest transaction is
	   one of whose body nothing was said; nothing new is begun. */
	bool parting;
	struct verdict why;

	size_t depth;
	size_t most; /* transactions that may be open */
	size_t first, writing, next;
	size_t bodies; /* the oldest that may still be given its body */
	struct smtp_transaction *ring; /* `most` of them */
	struct smtp_dots dots;         /* of the body being said */

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
	uint64_t session_bytes; /* of all replies that libcurl has read */
	struct smtp_offer offer;
	int greetings; /* 220 replies: the second one answers STARTTLS */
	bool authenticated;
	bool wants_auth;
	bool implicit_tls;
	bool greeting_awaited; /* TCP stands; the second part of the wait */
	char tls[16];
	char curl_error[CURL_ERROR_SIZE];
	bool refused; /* for `why` no session is tried */

	struct smtp_reply reply;
	bool reply_taken; /* one became whole since the reading began */
	struct smtp_wire wire;
};

/* smtp_conn.c */

/* The session stands on `wire`: watch it and tell the caller. */
void smtp_conn_stands(struct smtp_conn *conn);

/* Ends the connection with `why`, which is about the oldest transaction: each
   open one is done, by what is known of it. */
void smtp_conn_close(struct smtp_conn *conn, const struct verdict *why);

/* The same, for conn->why, which is not about the oldest transaction. */
void smtp_conn_part(struct smtp_conn *conn);

/* Closes with blame `link` or `protocol` and our own words for it. */
void smtp_conn_lose(struct smtp_conn *conn, enum blame blame, const char *text);

/* What waits for the loop: a free, a quit, a failed write, a verdict. */
void smtp_conn_soon(struct smtp_conn *conn);

/* Closes within `ms` from now unless set again; -1: no limit. */
void smtp_conn_limit(struct smtp_conn *conn, int64_t ms);

/* Writes what may be said; makes no event, a failure is seen soon. */
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

/* The transaction with this number, which must be open. */
struct smtp_transaction *smtp_transaction_at(
    const struct smtp_conn *conn, size_t number);

/* A reply came while the session stands. */
void smtp_transaction_reply(
    struct smtp_conn *conn, const struct smtp_reply *reply);

/* The connection ends within a reply: when its code stands already, and the
   reply is the last one that the oldest transaction waits for, it counts. */
void smtp_transaction_cut(struct smtp_conn *conn);

/* Ends the transactions that are over, and the connection when it is parting
   or QUIT is due; tells when more may be started. */
void smtp_transaction_settle(struct smtp_conn *conn);

/* What the last byte of its body is to the socket. */
bool smtp_transaction_offered(
    const struct smtp_conn *conn, const struct smtp_transaction *on);

/* True when a reply is due to what was written; which phase it ends. */
bool smtp_transaction_due(const struct smtp_conn *conn, enum phase *ret_phase);

/* Where the dialogue is, for a verdict without a reply. */
enum phase smtp_transaction_phase(const struct smtp_conn *conn);

/* Sets the time limit for what the oldest transaction waits for. */
void smtp_transaction_limit(struct smtp_conn *conn);

/* smtp_end.c */

/* Ends every open transaction of a connection that ends for `why`, which is
   about the oldest one when `own`. The caller may abort meanwhile. */
void smtp_end_all(struct smtp_conn *conn, const struct verdict *why, bool own);

/* smtp_talk.c */

/* Queues what may be said now; for the wire. */
bool smtp_talk_more(void *context);

/* smtp_command.c */

/* Puts the envelope into the commands of a transaction; or decides it, when
   it cannot be said to this relay. */
void smtp_command_compose(const struct smtp_conn *conn,
    struct smtp_transaction *on, const struct smtp_envelope *envelope);

/* Puts the BDAT command behind them; returns its bytes. */
size_t smtp_command_bdat(struct smtp_transaction *on, const char **ret_text);

#endif
