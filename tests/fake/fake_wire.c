#include "fake_wire.h"

#include "fake_memory.h"

static struct fake_mark *
find_mark(const struct fake_wire *w, size_t i)
{
	return &w->marks[w->mark_head + i];
}

static void
add_mark(struct fake_wire *w, int64_t due_ns, enum fake_wire_end how)
{
	uint64_t end = w->sent + w->len;

	/* Never overtake, and join what leaves at the same moment. */
	if (w->mark_len) {
		struct fake_mark *last = find_mark(w, w->mark_len - 1);
		if (due_ns < last->due_ns)
			due_ns = last->due_ns;
		if (last->due_ns == due_ns && last->how == FAKE_WIRE_OPEN &&
		    how == FAKE_WIRE_OPEN) {
			last->end = end;
			return;
		}
	}

	if (w->mark_head + w->mark_len == w->mark_cap) {
		if (w->mark_head) {
			memmove(w->marks, w->marks + w->mark_head,
			    w->mark_len * sizeof(*w->marks));
			w->mark_head = 0;
		} else {
			w->mark_cap = w->mark_cap ? w->mark_cap * 2 : 4;
			w->marks = fake_memory_resize(
			    w->marks, w->mark_cap * sizeof(*w->marks));
		}
	}
	*find_mark(w, w->mark_len++) = (struct fake_mark){ end, due_ns, how };
}

static void
append(struct fake_wire *w, const char *bytes, size_t n)
{
	if (w->head + w->len + n > w->cap) {
		if (w->head)
			memmove(w->bytes, w->bytes + w->head, w->len);
		w->head = 0;
		while (w->len + n > w->cap) {
			w->cap = w->cap ? w->cap * 2 : 512;
			w->bytes = fake_memory_resize(w->bytes, w->cap);
		}
	}
	memcpy(w->bytes + w->head + w->len, bytes, n);
	w->len += n;
}

void
fake_wire_put(struct fake_wire *w, int64_t due_ns, const char *bytes, size_t n)
{
	append(w, bytes, n);
	add_mark(w, due_ns, FAKE_WIRE_OPEN);
}

void
fake_wire_drip(struct fake_wire *w, int64_t due_ns, int64_t step_ns,
    const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fake_wire_put(w, due_ns, bytes + i, 1);
		due_ns += step_ns;
	}
}

void
fake_wire_close(struct fake_wire *w, int64_t due_ns, enum fake_wire_end how)
{
	add_mark(w, due_ns, how);
}

size_t
fake_wire_ready(
    const struct fake_wire *w, int64_t now_ns, const char **ret_bytes)
{
	uint64_t end = w->sent;

	for (size_t i = 0; i < w->mark_len; i++) {
		if (find_mark(w, i)->due_ns > now_ns)
			break;
		end = find_mark(w, i)->end;
	}
	if (end > w->sent)
		*ret_bytes = w->bytes + w->head;
	return (size_t)(end - w->sent);
}

void
fake_wire_advance(struct fake_wire *w, size_t n)
{
	w->head += n;
	w->len -= n;
	w->sent += n;

	/* Drop the marks that are behind us, but not an end. */
	while (w->mark_len && find_mark(w, 0)->end <= w->sent &&
	       find_mark(w, 0)->how == FAKE_WIRE_OPEN) {
		w->mark_head++;
		w->mark_len--;
	}
	if (!w->len)
		w->head = 0;
	if (!w->mark_len)
		w->mark_head = 0;
}

enum fake_wire_end
fake_wire_ending(const struct fake_wire *w, int64_t now_ns)
{
	if (!w->mark_len)
		return FAKE_WIRE_OPEN;
	const struct fake_mark *m = find_mark(w, 0);
	if (m->end > w->sent || m->due_ns > now_ns)
		return FAKE_WIRE_OPEN;
	return m->how;
}

int64_t
fake_wire_due(const struct fake_wire *w)
{
	return w->mark_len ? find_mark(w, 0)->due_ns : FAKE_WIRE_NEVER;
}

bool
fake_wire_idle(const struct fake_wire *w)
{
	return w->mark_len == 0;
}

void
fake_wire_clear(struct fake_wire *w)
{
	free(w->bytes);
	free(w->marks);
	*w = (struct fake_wire){ 0 };
}
