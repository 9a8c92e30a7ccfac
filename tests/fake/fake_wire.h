/*
 * The wire holds replies that are due on a connection, in order.  Each piece
 * has the moment before which it must not leave; a piece never overtakes an
 * older one.  The last piece may be the end of the connection.  The wire knows
 * no sockets: fake_loop sends what is ready.
 */
#ifndef FAKE_WIRE_H
#define FAKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_WIRE_NEVER INT64_MAX

enum fake_wire_end { FAKE_WIRE_OPEN, FAKE_WIRE_FIN, FAKE_WIRE_RST };

struct fake_mark {
	uint64_t end;   /* position after the last byte of this piece */
	int64_t due_ns; /* monotonic clock */
	enum fake_wire_end how;
};

struct fake_wire {
	char *bytes;
	size_t head, len, cap; /* bytes[head..head+len) are unsent */
	uint64_t sent;         /* position of bytes[head] */
	struct fake_mark *marks;
	size_t mark_head, mark_len, mark_cap;
};

/* Queue N bytes that leave at DUE_NS or later. */
void fake_wire_put(
    struct fake_wire *w, int64_t due_ns, const char *bytes, size_t n);

/* Queue N bytes of which each leaves STEP_NS after the one before it. */
void fake_wire_drip(struct fake_wire *w, int64_t due_ns, int64_t step_ns,
    const char *bytes, size_t n);

/* Queue the end of the connection. */
void fake_wire_close(
    struct fake_wire *w, int64_t due_ns, enum fake_wire_end how);

/* How many bytes may leave at NOW_NS; *RET_BYTES is set when not 0. */
size_t fake_wire_ready(
    const struct fake_wire *w, int64_t now_ns, const char **ret_bytes);

/* N of the ready bytes have left. */
void fake_wire_advance(struct fake_wire *w, size_t n);

/* The end that is due at NOW_NS, all bytes before it being sent. */
enum fake_wire_end fake_wire_ending(const struct fake_wire *w, int64_t now_ns);

/* When the oldest piece is due; FAKE_WIRE_NEVER when there is none. */
int64_t fake_wire_due(const struct fake_wire *w);

/* Whether nothing is queued. */
bool fake_wire_idle(const struct fake_wire *w);

void fake_wire_clear(struct fake_wire *w);

#endif
