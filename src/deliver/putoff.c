#include "deliver/putoff.h"

enum { OWN_AFTER = 2 };

void
putoff_taken(struct putoff *putoff)
{
	putoff->taken++;
}

static struct putoff_row *
find_row(struct putoff *putoff, int64_t id, bool is_notice)
{
	for (size_t i = 0; i < putoff->count; i++)
		if (putoff->rows[i].id == id &&
		    putoff->rows[i].is_notice == is_notice)
			return &putoff->rows[i];
	return NULL;
}

bool
putoff_is_own(struct putoff *putoff, int64_t id, bool is_notice)
{
	struct putoff_row *row = find_row(putoff, id, is_notice);

	if (row == NULL) {
		if (putoff->count < PUTOFFS)
			putoff->next = putoff->count++;
		else
			putoff->next = (putoff->next + 1) % PUTOFFS;
		putoff->rows[putoff->next] = (struct putoff_row){
			.id = id,
			.is_notice = is_notice,
			.taken = putoff->taken,
		};
		return false;
	}
	row->times += putoff->taken > row->taken;
	row->taken = putoff->taken;
	return row->times >= OWN_AFTER;
}
