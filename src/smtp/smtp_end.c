#include <stdio.h>

#include "smtp/smtp_conn.h"

/* What becomes of the oldest transaction when the connection ends for `why`,
   which is about it. */
static void
judge_oldest(const struct smtp_conn *conn, const struct smtp_transaction *on,
    const struct verdict *why, struct smtp_end *end)
{
	if (!on->decided) {
		end->verdict = *why;
		end->verdict.outcome =
		    end->last_byte_offered ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED;
	}
	end->idle_close = conn->served && !on->heard && !on->withdrawn &&
			  !end->last_byte_offered && why->blame == BLAME_LINK &&
			  end->verdict.outcome == OUTCOME_DEFERRED;
}

/* The connection ends over another transaction or a wish of the caller. */
static void
judge_follower(const struct smtp_transaction *on, const struct verdict *why,
    struct smtp_end *end)
{
	char text[sizeof(why->text)];
	enum phase phase = PHASE_MAIL;

	if (end->last_byte_offered)
		phase = PHASE_FINAL;
	else if (on->body_begun)
		phase = PHASE_BODY;
	if (why->code == 0)
		snprintf(text, sizeof(text), "%s", why->text);
	else
		snprintf(text, sizeof(text),
		    "the connection ended after %d %s%s%.400s", why->code,
		    why->enhanced, why->enhanced[0] != '\0' ? " " : "",
		    why->text);
	smtp_outcome_without_reply(phase,
	    end->last_byte_offered ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED,
	    why->blame == BLAME_US ? BLAME_LINK : why->blame, text,
	    &end->verdict);
	end->idle_close = !end->last_byte_offered;
}

/* Ends the oldest transaction; `own`: the connection ends over it. */
static void
end_oldest(struct smtp_conn *conn, const struct verdict *why, bool own)
{
	const struct smtp_transaction *on =
	    smtp_transaction_at(conn, conn->first);
	struct smtp_end end = {
		.verdict = on->verdict,
		.last_byte_offered = smtp_transaction_offered(conn, on),
	};

	if (own)
		judge_oldest(conn, on, why, &end);
	else if (!on->decided)
		judge_follower(on, why, &end);
	conn->first++;
	conn->events->done(conn, &end, conn->context);
}

void
smtp_end_all(struct smtp_conn *conn, const struct verdict *why, bool own)
{
	for (; conn->first != conn->next; own = false) {
		end_oldest(conn, why, own);
		if (conn->stage == SMTP_CLOSED)
			return;
	}
}
