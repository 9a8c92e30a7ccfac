#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/db_sqlite.h"

enum {
	MOST_ROWS = 256,         /* of a pile */
	MOST_BYTES = 256 * 1024, /* of their texts */
	MOST_COLUMNS = 16,
};

/* How many rows a statement takes; what is left over goes by the next. */
static const size_t at_once[DB_SQLITE_SIZES] = { 64, 8, 1 };

/* The thread that writes one pile while the other grows. What it does with the
   database is done by nobody else meanwhile. */
struct db_writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct db *db;
	bool busy, leaving;
	int pile;
	int status; /* of the last pile */
};

static void
init_heap(struct db_heap *heap, const struct db_rows *rows)
{
	heap->rows = rows;
	heap->columns = strlen(rows->types);
	assert(heap->columns > 0 && heap->columns <= MOST_COLUMNS);
	for (int i = 0; i < 2; i++) {
		heap->piles[i].values = mem_new(
		    MOST_ROWS * heap->columns, sizeof(struct db_waiting_value));
		buf_init(&heap->piles[i].bytes, SIZE_MAX / 4);
	}
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

/* Waits until the database is ours again; the status of what was written last,
   until that is forgotten. */
static int
wait_for_writer(struct db *db)
{
	struct db_writer *writer = db->writer;
	int status;

	if (writer == NULL)
		return SQLITE_OK;
	pthread_mutex_lock(&writer->lock);
	while (writer->busy)
		pthread_cond_wait(&writer->changed, &writer->lock);
	status = writer->status;
	pthread_mutex_unlock(&writer->lock);
	return status;
}

static struct db_heap *
find_heap(struct db *db, const struct db_rows *rows)
{
	struct db_heap *heap;

	for (size_t i = 0; i < db->heap_count; i++)
		if (db->heaps[i].rows == rows)
			return &db->heaps[i];
	/* The thread looks at all there are. */
	assert(db->heap_count < DB_SQLITE_HEAPS);
	wait_for_writer(db);
	heap = &db->heaps[db->heap_count++];
	init_heap(heap, rows);
	return heap;
}

static struct db_waiting_value
keep_bytes(struct db_pile *pile, char kind, const void *bytes, size_t count)
{
	struct db_waiting_value value = { .kind = kind, .bytes = count };

	if (bytes == NULL)
		return (struct db_waiting_value){ .kind = 'n' };
	value.number = (int64_t)pile->bytes.used;
	buf_add(&pile->bytes, bytes, count);
	return value;
}

static void
keep_row(const struct db_heap *heap, struct db_pile *pile, va_list ap)
{
	struct db_waiting_value *to =
	    pile->values + pile->count++ * heap->columns;
	const void *bytes;
	const char *text;

	for (const char *type = heap->rows->types; *type != '\0'; type++, to++)
		switch (*type) {
		case 'i':
		case 'z':
			*to = (struct db_waiting_value){ .kind = 'i',
				.number = va_arg(ap, int64_t) };
			if (*type == 'z' && to->number == 0)
				to->kind = 'n';
			break;
		case 's':
			text = va_arg(ap, const char *);
			*to = keep_bytes(
			    pile, 's', text, text != NULL ? strlen(text) : 0);
			break;
		case 'b':
			bytes = va_arg(ap, const void *);
			*to = keep_bytes(pile, 'b', bytes, va_arg(ap, size_t));
			break;
		default:
			abort();
		}
}

static int
bind_value(sqlite3_stmt *stmt, int at, const struct db_pile *pile,
    const struct db_waiting_value *value)
{
	const char *bytes = buf_str(&pile->bytes);

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
write_rows(struct db *db, const struct db_heap *heap,
    const struct db_pile *pile, size_t size, size_t from)
{
	struct db_query *query = db_sqlite_prepare(db, heap->sql[size]);
	const struct db_waiting_value *values =
	    pile->values + from * heap->columns;
	size_t count = at_once[size] * heap->columns;
	int status;

	for (size_t i = 0; i < count && query->status == SQLITE_OK; i++)
		query->status =
		    bind_value(query->stmt, (int)i + 1, pile, &values[i]);
	while (db_next(query))
		continue;
	status = query->status;

	/* What it says of an error stays readable until the next call. */
	query->status = SQLITE_OK;
	return db_end(query, NULL) ? status : SQLITE_ERROR;
}

static int
write_pile(
    struct db *db, const struct db_heap *heap, const struct db_pile *pile)
{
	int status = SQLITE_OK;
	size_t size = 0;
	size_t done = 0;

	while (done < pile->count && status == SQLITE_OK) {
		while (pile->count - done < at_once[size])
			size++;
		status = write_rows(db, heap, pile, size, done);
		done += at_once[size];
	}
	return status;
}

static void
empty(struct db *db, int number)
{
	for (size_t i = 0; i < db->heap_count; i++) {
		db->heaps[i].piles[number].count = 0;
		buf_reset(&db->heaps[i].piles[number].bytes);
	}
}

/* The piles of this number, of those first that others refer to. */
static int
write_piles(struct db *db, int number)
{
	int status = SQLITE_OK;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < db->heap_count; i++) {
			const struct db_heap *heap = &db->heaps[i];

			if (heap->rows->first == (pass == 0) &&
			    status == SQLITE_OK)
				status =
				    write_pile(db, heap, &heap->piles[number]);
		}
	empty(db, number);
	return status;
}

static void *
write_on(void *context)
{
	struct db_writer *writer = context;

	pthread_mutex_lock(&writer->lock);
	while (!writer->leaving) {
		if (writer->busy) {
			pthread_mutex_unlock(&writer->lock);
			writer->status = write_piles(writer->db, writer->pile);
			pthread_mutex_lock(&writer->lock);
			writer->busy = false;
			pthread_cond_signal(&writer->changed);
		} else {
			pthread_cond_wait(&writer->changed, &writer->lock);
		}
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Signals are for those who began it. */
static struct db_writer *
new_writer(struct db *db)
{
	struct db_writer *writer = mem_new(1, sizeof(*writer));
	sigset_t all, before;
	int failed;

	writer->db = db;
	if (pthread_mutex_init(&writer->lock, NULL) != 0 ||
	    pthread_cond_init(&writer->changed, NULL) != 0)
		mem_exhausted();
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	failed = pthread_create(&writer->thread, NULL, write_on, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		mem_exhausted();
	pthread_setname_np(writer->thread, "insert");
	return writer;
}

/* Leaves the pile that grew to the thread, and begins the other. While somebody
   reads the rows of a query, the database is theirs. */
static int
hand_over(struct db *db)
{
	int status = wait_for_writer(db);

	if (db->open > 0 || db->lost)
		return db_sqlite_write_waiting(db);
	if (status != SQLITE_OK) {
		db_sqlite_forget_waiting(db);
		db->lost = true;
		return status;
	}
	if (db->writer == NULL)
		db->writer = new_writer(db);
	pthread_mutex_lock(&db->writer->lock);
	db->writer->pile = db->growing;
	db->writer->busy = true;
	pthread_cond_signal(&db->writer->changed);
	pthread_mutex_unlock(&db->writer->lock);
	db->growing = 1 - db->growing;
	return SQLITE_OK;
}

int
db_sqlite_write_waiting(struct db *db)
{
	int status = wait_for_writer(db);

	if (db->lost)
		return SQLITE_ABORT;
	if (status == SQLITE_OK)
		status = write_piles(db, db->growing);
	if (status != SQLITE_OK)
		db_sqlite_forget_waiting(db);
	db->lost |= status != SQLITE_OK;
	db->waiting = 0;
	return status;
}

void
db_sqlite_forget_waiting(struct db *db)
{
	wait_for_writer(db);
	if (db->writer != NULL)
		db->writer->status = SQLITE_OK;
	empty(db, 0);
	empty(db, 1);
	db->waiting = 0;
}

void
db_sqlite_drop_heaps(struct db *db)
{
	struct db_writer *writer = db->writer;

	db_sqlite_forget_waiting(db);
	if (writer != NULL) {
		pthread_mutex_lock(&writer->lock);
		writer->leaving = true;
		pthread_cond_signal(&writer->changed);
		pthread_mutex_unlock(&writer->lock);
		pthread_join(writer->thread, NULL);
		pthread_cond_destroy(&writer->changed);
		pthread_mutex_destroy(&writer->lock);
		free(writer);
	}
	for (size_t i = 0; i < db->heap_count; i++) {
		struct db_heap *heap = &db->heaps[i];

		for (int pile = 0; pile < 2; pile++) {
			free(heap->piles[pile].values);
			buf_clear(&heap->piles[pile].bytes);
		}
		for (size_t size = 0; size < DB_SQLITE_SIZES; size++)
			free(heap->sql[size]);
	}
}

bool
db_insert(struct db *db, struct err *err, const struct db_rows *rows, ...)
{
	struct db_heap *heap = find_heap(db, rows);
	struct db_pile *pile = &heap->piles[db->growing];
	va_list ap;
	int status;

	assert(db->writing);
	va_start(ap, rows);
	keep_row(heap, pile, ap);
	va_end(ap);
	db->waiting++;
	if (pile->count < MOST_ROWS && pile->bytes.used < MOST_BYTES)
		return true;
	status = hand_over(db);
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
