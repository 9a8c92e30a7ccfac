#include "csv/csv.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "csv/csv_header.h"

static char path[] = "/tmp/glocal-csv-XXXXXX";

static void
write_file(const char *bytes, size_t count)
{
	struct err err = { 0 };

	assert_true(file_write(path, bytes, count, 0600, &err));
}

/* Rows as "line:field|field" behind each other, ending in the error. */
static char *
read_all(struct arena *arena)
{
	struct buf out GM_BUF_AT_EXIT;
	struct csv *csv;
	const struct csv_row *row;
	struct err err = { 0 };

	buf_init(&out, 1000000);
	assert_true(csv_open(path, NULL, NULL, &csv, &err));
	for (;;) {
		if (!csv_next(csv, &row, &err)) {
			buf_add_format(
			    &out, "line %zu: %.20s", csv_line(csv), err.text);
			break;
		}
		if (row == NULL)
			break;
		buf_add_format(&out, "%zu:", row->line);
		for (size_t i = 0; i < row->count; i++)
			buf_add_format(
			    &out, "%s%s", i ? "|" : "", row->fields[i]);
		buf_add_char(&out, ';');
	}
	csv_close(csv);
	return arena_strdup(arena, buf_str(&out));
}

static void
test_rows(void **state)
{
	static const struct {
		const char *text;
		const char *rows;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "a,b\n1,2\n", "1:a|b;2:1|2;" },
		{ "a,b\r\n1,2\r\n3,4", "1:a|b;2:1|2;3:3|4;" },
		{ "a,b\r1,2\r", "1:a|b;2:1|2;" },
		{ "\xef\xbb\xbf"
		  "a\nb\n",
		    "1:a;2:b;" },
		{ "a\n\n \r\nb\n", "1:a;4:b;" },
		{ " a , b \n", "1:a|b;" },
		{ "\" a \",b\n", "1: a |b;" },
		{ "\"x\ny\r\nz\",b\nc,d\n", "1:x\ny\r\nz|b;4:c|d;" },
		{ "\"say \"\"hi\"\"\"\n", "1:say \"hi\";" },
		{ ",,\n", "1:||;" },
		{ "島根県,美郷町\n", "1:島根県|美郷町;" },
		{ "a\nb\"c\n", "1:a;line 2: a quote in the wrong" },
		{ "a\n\"b\"c\n", "1:a;line 2: a quote in the wrong" },
		{ "a\n\"b\nc\n", "1:a;line 3: the quote that begin" },
		{ "a\n\x93\x87\n", "1:a;line 2: column 1 looks like " },
		{ "a\n\x83\x5c\xb1 b\n", "1:a;line 2: column 1 looks like " },
		{ "a\n\xc5\xe7\n", "1:a;line 2: column 1 is no UTF-8" },
		{ "a\n\x83\n", "1:a;line 2: column 1 is no UTF-8" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, strlen(cases[i].text));
		assert_string_equal(read_all(arena), cases[i].rows);
	}
	arena_free(arena);
}

static void
test_nul(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	write_file("a\nb\0c\n", 6);
	assert_string_equal(
	    read_all(arena), "1:a;line 2: a NUL byte; save the");
	arena_free(arena);
}

/* Rows across the borders of chunks, for many sizes. */
static void
test_chunks(void **state)
{
	struct buf text GM_BUF_AT_EXIT;
	struct csv *csv;
	const struct csv_row *row;
	struct err err = { 0 };
	size_t line = 1;
	size_t done, all;

	(void)state;
	buf_init(&text, 10000000);
	for (int i = 0; i < 40000; i++)
		buf_add_format(
		    &text, "%d,\"%.*s\r\n\"\r\n", i, i % 13, "0123456789012");
	write_file(text.bytes, text.used);
	assert_true(csv_open(path, NULL, NULL, &csv, &err));
	for (int i = 0; i < 40000; i++) {
		assert_true(csv_next(csv, &row, &err));
		assert_non_null(row);
		assert_int_equal(row->line, line);
		assert_int_equal(row->count, 2);
		assert_int_equal(atoi(row->fields[0]), i);
		assert_int_equal(strlen(row->fields[1]), i % 13 + 2);
		line += 2;
	}
	assert_true(csv_next(csv, &row, &err));
	assert_null(row);
	csv_progress(csv, &done, &all);
	assert_int_equal(done, text.used);
	assert_int_equal(all, text.used);
	csv_close(csv);
}

static void
test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct buf text GM_BUF_AT_EXIT;

	(void)state;
	buf_init(&text, 10000000);
	for (int i = 0; i < CSV_MOST_FIELDS; i++)
		buf_add_char(&text, ',');
	write_file(text.bytes, text.used);
	assert_string_equal(read_all(arena), "line 1: more than 256 column");
	buf_reset(&text);
	buf_add_str(&text, "a\n\"");
	for (int i = 0; i < CSV_MOST_ROW_BYTES / 10 + 10; i++)
		buf_add_str(&text, "012345678\n");
	write_file(text.bytes, text.used);
	assert_non_null(strstr(read_all(arena), "a row of more than"));
	arena_free(arena);
}

static void
test_no_file(void **state)
{
	struct csv *csv;
	struct err err = { 0 };

	(void)state;
	assert_false(csv_open("/nonexistent.csv", NULL, NULL, &csv, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_false(csv_open("/tmp", NULL, NULL, &csv, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
}

static void
test_header(void **state)
{
	static const struct csv_column columns[] = {
		{ "email", 0, true },
		{ "name", 1, false },
		{ "address", 0, false },
		{ 0 },
	};
	static const struct {
		const char *fields[3];
		bool lenient;
		const char *fault; /* NULL: none */
		int email, name;
	} cases[] = {
		{ { "email", "name" }, false, NULL, 0, 1 },
		{ { "Name", "E-Mail", "EMAIL" }, true, NULL, 2, 0 },
		{ { "address" }, false, NULL, 0, -1 },
		{ { "emial", "name" }, false,
		    "unknown column 'emial' (did you mean 'email'?)", 0, 0 },
		{ { "name" }, false,
		    "the column 'email' is missing from the header", 0, 0 },
		{ { "email", "address" }, true,
		    "the column 'address' is there twice", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv_row row = { .line = 1, .fields = cases[i].fields };
		struct complaints complaints = { 0 };
		struct csv_header header;
		bool ok;

		while (row.count < 3 && row.fields[row.count] != NULL)
			row.count++;
		ok = csv_header_read(&row, "f.csv", columns, cases[i].lenient,
		    &header, &complaints);
		assert_int_equal(ok, cases[i].fault == NULL);
		if (ok) {
			assert_int_equal(header.places[0], cases[i].email);
			assert_int_equal(header.places[1], cases[i].name);
		} else {
			assert_string_equal(
			    complaints.items[0].text, cases[i].fault);
		}
		complaints_clear(&complaints);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_header),
	};
	int failed;
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
