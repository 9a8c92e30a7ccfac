#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/db_sqlite.h"

enum {
	MOST_ROWS = 256,         /* that wait in a heap */
	MOST_BYTES = 256 * 1024, /* of their texts */
	MOST_COLUMNS = 16,
};

/* How many rows a statement takes; what is left over goes by the next. */
static const size_t at_once[DB_SQLITE_SIZES] = { 64, 8, 1 };

static void
init_heap(struct db_heap *heap, const struct db_rows *rows)
{
	heap->rows = rows;
	heap->columns = strlen(rows->types);
	assert(heap->columns > 0 && heap->columns <= MOST_COLUMNS);
	heap->values =
	    mem_new(MOST_ROWS * heap->columns, sizeof(*heap->values));
	buf_init(&heap->bytes, SIZE_MAX / 4);
	for (size_t size = 0; size < DB_SQLITE_SIZES; size++) {
		struct buf sql GM_BUF_AT_EXIT;

		buf_init(&sql, SIZE_MAX / 4);
		buf_add_str(&sql, rows->into);
		for (size_t row = 0; row < at_once[size]; row++) {
			buf_add_str(&sql, row == 0 ? " VALUES (?" : ", (?");
			for (size_t i = 1; i < heap->columns; i++)
				buf_add_str(&sql, ", ?");
			buf_add_char(&sql, ')');
		}
		heap->sql[size] = buf_give(&sql);
	}
}

void
db_sqlite_drop_heaps(struct db *db)
{
	for (size_t i = 0; i < db->heap_count; i++) {
		struct db_heap *heap = &db->heaps[i];

		free(heap->values);
		buf_clear(&heap->bytes);
		for (size_t size = 0; size < DB_SQLITE_SIZES; size++)
			free(heap->sql[size]);
	}
	db->heap_count = 0;
	db->waiting = 0;
}

static struct db_heap *
find_heap(struct db *db, const struct db_rows *rows)
{
	struct db_heap *heap;

	for (size_t i = 0; i < db->heap_count; i++)
		if (db->heaps[i].rows == rows)
			return &db->heaps[i];
	assert(db->heap_count < DB_SQLITE_HEAPS);
	heap = &db->heaps[db->heap_count++];
	init_heap(heap, rows);
	return heap;
}

static struct db_waiting_value
keep_bytes(struct db_heap *heap, char kind, const void *bytes, size_t count)
{
	struct db_waiting_value value = { .kind = kind, .bytes = count };

	if (bytes == NULL)
		return (struct db_waiting_value){ .kind = 'n' };
	value.number = (int64_t)heap->bytes.used;
	buf_add(&heap->bytes, bytes, count);
	return value;
}

static void
keep_row(struct db_heap *heap, va_list ap)
{
	struct db_waiting_value *to =
	    heap->values + heap->count++ * heap->columns;
	const void *bytes;
	const char *text;

	for (const char *type = heap->rows->types; *type != '\0'; type++, to++)
		switch (*type) {
		case 'i':
			*to = (struct db_waiting_value){ .kind = 'i',
				.number = va_arg(ap, int64_t) };
			break;
		case 'z':
			*to = (struct db_waiting_value){ .kind = 'i',
				.number = va_arg(ap, int64_t) };
			if (to->number == 0)
				to->kind = 'n';
			break;
		case 's':
			text = va_arg(ap, const char *);
			*to = keep_bytes(
			    heap, 's', text, text != NULL ? strlen(text) : 0);
			break;
		case 'b':
			bytes = va_arg(ap, const void *);
			*to = keep_bytes(heap, 'b', bytes, va_arg(ap, size_t));
			break;
		default:
			abort();
		}
}

static int
bind_value(sqlite3_stmt *stmt, int at, const struct db_heap *heap,
    const struct db_waiting_value *value)
{
	const char *bytes = buf_str(&heap->bytes);

	switch (value->kind) {
	case 'i':
		return sqlite3_bind_int64(stmt, at, value->number);
	case 's':
		return sqlite3_bind_text64(stmt, at, bytes + value->number,
		    value->bytes, SQLITE_STATIC, SQLITE_UTF8);
	case 'b':
		return sqlite3_bind_blob64(stmt, at, bytes + value->number,
		    value->bytes, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(stmt, at);
	}
}

/* Writes the rows from number `from` on that one statement takes. */
static int
write_rows(struct db *db, const struct db_heap *heap, size_t size, size_t from)
{
	struct db_query *query = db_prepare(db, heap->sql[size]);
	const struct db_waiting_value *values =
	    heap->values + from * heap->columns;
	size_t count = at_once[size] * heap->columns;
	int status;

	for (size_t i = 0; i < count && query->status == SQLITE_OK; i++)
		query->status =
		    bind_value(query->stmt, (int)i + 1, heap, &values[i]);
	while (db_next(query))
		continue;
	status = query->status;

	/* What it says of an error stays readable until the next call. */
	query->status = SQLITE_OK;
	return db_end(query, NULL) ? status : SQLITE_ERROR;
}

static int
write_heap(struct db *db, struct db_heap *heap)
{
	int status = SQLITE_OK;
	size_t size = 0;
	size_t done = 0;

	while (done < heap->count && status == SQLITE_OK) {
		while (heap->count - done < at_once[size])
			size++;
		status = write_rows(db, heap, size, done);
		done += at_once[size];
	}
	heap->count = 0;
	buf_reset(&heap->bytes);
	return status;
}

int
db_sqlite_write_waiting(struct db *db)
{
	int status = SQLITE_OK;

	/* First, or the writing would begin with itself. */
	db->waiting = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < db->heap_count; i++) {
			struct db_heap *heap = &db->heaps[i];

			if (heap->rows->first == (pass == 0) &&
			    status == SQLITE_OK)
				status = write_heap(db, heap);
		}
	if (status != SQLITE_OK)
		db_sqlite_forget_waiting(db);
	return status;
}

void
db_sqlite_forget_waiting(struct db *db)
{
	for (size_t i = 0; i < db->heap_count; i++) {
		db->heaps[i].count = 0;
		buf_reset(&db->heaps[i].bytes);
	}
	db->waiting = 0;
}

bool
db_insert(struct db *db, struct err *err, const struct db_rows *rows, ...)
{
	struct db_heap *heap = find_heap(db, rows);
	va_list ap;
	int status;

	assert(db->writing);
	va_start(ap, rows);
	keep_row(heap, ap);
	va_end(ap);
	db->waiting++;
	if (heap->count < MOST_ROWS && heap->bytes.used < MOST_BYTES)
		return true;
	status = db_sqlite_write_waiting(db);
	return status == SQLITE_OK || db_sqlite_fail(db, status, err);
}

bool
db_take_id(struct db *db, const char *table, int64_t *ret_id, struct err *err)
{
	assert(db->writing);
	if (db->id_table == NULL || !text_equal(db->id_table, table)) {
		struct db_query *query = db_query(db,
		    "SELECT seq FROM sqlite_sequence WHERE name = ?", "s",
		    table);

		db->last_id = db_next(query) ? db_int(query, 0) : 0;
		if (!db_end(query, err))
			return false;
		db->id_table = table;
	}
	*ret_id = ++db->last_id;
	return true;
}
