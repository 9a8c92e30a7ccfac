/*
 * The state of a session.  It is private to the files that together speak for
 * it: fake_session, fake_command, fake_transaction and fake_answer.
 */
#ifndef FAKE_STATE_H
#define FAKE_STATE_H

#include "fake_body.h"
#include "fake_session.h"

enum fake_state {
	FAKE_STATE_COMMAND,
	FAKE_STATE_DOTTED,
	FAKE_STATE_CHUNK,
	FAKE_STATE_OVER
};

struct fake_session {
	const struct fake_server *server;
	uint64_t number, txn;
	struct fake_wire wire;
	struct fake_body body;
	enum fake_state state;
	bool greeted, turned_away, quit;
	bool sync_owed; /* the client must wait for the reply to this */

	bool has_sender, mail_refused, eightbit, smtputf8;
	char *from, **rcpts; /* accepted recipients */
	size_t rcpt_count, rcpt_cap, rcpts_refused;

	const struct fake_rule *body_rule; /* found when the body begins */
	bool early_data, early_body;       /* that reply is out already */
	const struct fake_rule *data_rule;
	bool data_looked_up, in_body, chunk_last, chunk_void;
	uint64_t chunk_left, raw_bytes;

	int64_t now_ns, due_ns, held_until_ns;
	const char *ended_by;
};

#endif
