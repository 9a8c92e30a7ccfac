#include "csv/csv.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "csv/csv_write.h"

static char path[] = "/tmp/glocal-csv-XXXXXX";

static void
write_file(const char *bytes, size_t count)
{
	struct err err = { 0 };

	assert_true(file_write(path, bytes, count, 0600, &err));
}

/* Rows as "line:field|field" behind each other, ending in the error. */
static char *
read_form(struct arena *arena, struct csv_form *form)
{
	struct buf out GM_BUF_AT_EXIT;
	struct csv *csv;
	const struct csv_row *row;
	struct err err = { 0 };

	buf_init(&out, 1000000);
	assert_true(csv_open(path, form, NULL, NULL, &csv, &err));
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
	if (form != NULL)
		*form = csv_form(csv);
	csv_close(csv);
	return arena_strdup(arena, buf_str(&out));
}

static char *
read_all(struct arena *arena)
{
	return read_form(arena, NULL);
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
		{ "a\tb\n\t\nc\td\n", "1:a|b;2:|;3:c|d;" },
		{ "a\tb\n\n \n\t", "1:a|b;4:|;" },
		{ "島根県,美郷町\n", "1:島根県|美郷町;" },
		{ "a\nb\"c\n", "1:a;line 2: a quote in the wrong" },
		{ "a\n\"b\"c\n", "1:a;line 2: a quote in the wrong" },
		{ "a\n\"b\nc\n", "1:a;line 3: the quote that begin" },
		/* Most of it UTF-8, so all of it. */
		{ "島根\n\x93\x87\n", "1:島根;line 2: column 1 looks like " },
		{ "島根\n\x83\x5c\n", "1:島根;line 2: column 1 looks like " },
		{ "a\n\xc5\xe7\n", "1:a;line 2: column 1 is no UTF-8" },

		/* EUC-JP could be half-width kana, but nobody writes so. */
		{ "a\n\xa5\xa2\xa5\xa4\xa5\xa6\xa5\xa8\n",
		    "1:a;line 2: column 1 is no UTF-8" },
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
	assert_true(csv_open(path, NULL, NULL, NULL, &csv, &err));
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
	assert_false(
	    csv_open("/nonexistent.csv", NULL, NULL, NULL, &csv, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_false(csv_open("/tmp", NULL, NULL, NULL, &csv, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
}

/* The same table in every form that offices have; what it is is found out. */
static void
test_forms(void **state)
{
	static const struct {
		const char *bytes;
		size_t count;
		enum csv_encoding encoding;
		char delimiter;
	} cases[] = {
#define B(text) text, sizeof(text) - 1
		/* 名,町 / ソ,表 */
		{ B("名,町\nソ,表\n"), CSV_UTF_8, ',' },
		{ B("\xef\xbb\xbf名,町\r\nソ,表\r\n"), CSV_UTF_8_BOM, ',' },
		{ B("名;町\nソ;表\n"), CSV_UTF_8, ';' },
		{ B("名|町\nソ|表"), CSV_UTF_8, '|' },
		{ B("\"名\"\t町\r\nソ\t\"表\"\r\n"), CSV_UTF_8, '\t' },
		{ B("\x96\xbc,\x92\xac\r\n\x83\x5c,\x95\x5c\r\n"), CSV_CP932,
		    ',' },
		{ B("\x96\xbc\t\x92\xac\n\x83\x5c\t\x95\x5c"), CSV_CP932,
		    '\t' },
		{ B("\xff\xfe\x0d\x54\t\0\x3a\x75\r\0\n\0"
		    "\xbd\x30\t\0\x68\x88\r\0\n\0"),
		    CSV_UTF_16, '\t' },
		{ B("\x0d\x54,\0\x3a\x75\n\0\xbd\x30,\0\x68\x88\n\0"),
		    CSV_UTF_16, ',' },
		{ B("\xfe\xff\x54\x0d\0,\x75\x3a\0\n"
		    "\x30\xbd\0,\x88\x68\0\n"),
		    CSV_UTF_16_BE, ',' },
		{ B("\x54\x0d\0,\x75\x3a\0\n\x30\xbd\0,\x88\x68\0\n"),
		    CSV_UTF_16_BE, ',' },
#undef B
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv_form form = { 0 };

		write_file(cases[i].bytes, cases[i].count);
		assert_string_equal(
		    read_form(arena, &form), "1:名|町;2:ソ|表;");
		assert_int_equal(form.encoding, cases[i].encoding);
		assert_int_equal(form.delimiter, cases[i].delimiter);

		/* The second time all is known. */
		assert_string_equal(
		    read_form(arena, &form), "1:名|町;2:ソ|表;");
	}
	arena_free(arena);
}

/* What is named counts, whatever it looks like. */
static void
test_named_forms(void **state)
{
	static const struct {
		const char *bytes;
		struct csv_form form;
		const char *rows;
	} cases[] = {
		{ "\xc5\xe7\xba\xac,b\n", { CSV_EUC_JP, 0 }, "1:島根|b;" },
		{ "\xb1,\xb2\n", { CSV_CP932, 0 }, "1:ｱ|ｲ;" },
		{ "a;b,c\n", { CSV_DETECT, ';' }, "1:a|b,c;" },
		{ "a,b;c,d\n", { CSV_DETECT, ';' }, "1:a,b|c,d;" },
		{ "a\tb c\n", { CSV_DETECT, ' ' }, "1:a\tb|c;" },
		{ "島\n", { CSV_CP932, 0 }, "1:蟲ｶ;" },
		{ "a,b\n\x93\x87,\xff\n", { CSV_CP932, 0 },
		    "1:a|b;line 2: the bytes \\xff\\x0" },
		{ "a\n\x93", { CSV_CP932, 0 }, "1:a;line 2: the bytes \\x93" },
		{ "a\n", { CSV_UTF_16_BE, 0 }, "1:愊;" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv_form form = cases[i].form;
		char *rows;

		write_file(cases[i].bytes, strlen(cases[i].bytes));
		rows = read_form(arena, &form);
		rows[strnlen(rows, strlen(cases[i].rows))] = '\0';
		assert_string_equal(rows, cases[i].rows);
	}
	arena_free(arena);
}

/* Characters of several bytes across the borders of pieces, in each
   encoding. */
static void
test_long_forms(void **state)
{
	static const struct {
		const char *shift; /* one byte or unit, to move the rest */
		size_t shift_bytes;
		const char *row;
		size_t row_bytes;
		enum csv_encoding encoding;
	} cases[] = {
		{ "x", 1, "\x83\x5c,\x95\x5c\n", 6, CSV_CP932 },
		{ "x", 1, "ソ,表\n", 8, CSV_UTF_8 },
		{ "x\0", 2, "\xbd\x30,\0\x68\x88\n\0", 8, CSV_UTF_16 },
	};
	enum { ROWS = 40000 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t shift = 1; shift < 5; shift++) {
			struct buf text GM_BUF_AT_EXIT;
			struct csv *csv;
			const struct csv_row *row;
			struct err err = { 0 };

			buf_init(&text, 10000000);
			for (size_t j = 0; j < shift; j++)
				buf_add(&text, cases[i].shift,
				    cases[i].shift_bytes);
			for (size_t j = 0; j < ROWS; j++)
				buf_add(
				    &text, cases[i].row, cases[i].row_bytes);
			write_file(text.bytes, text.used);
			assert_true(
			    csv_open(path, NULL, NULL, NULL, &csv, &err));
			for (size_t j = 1; j <= ROWS; j++) {
				assert_true(csv_next(csv, &row, &err));
				assert_int_equal(row->line, j);
				assert_string_equal(row->fields[1], "表");
				if (j > 1)
					assert_string_equal(
					    row->fields[0], "ソ");
			}
			assert_true(csv_next(csv, &row, &err));
			assert_null(row);
			assert_int_equal(
			    csv_form(csv).encoding, cases[i].encoding);
			csv_close(csv);
		}
	}
}

static void
test_form_names(void **state)
{
	static const struct {
		const char *name;
		enum csv_encoding encoding;
	} names[] = {
		{ "UTF-8", CSV_UTF_8 },
		{ "Shift_JIS", CSV_CP932 },
		{ "cp932", CSV_CP932 },
		{ "utf-16le", CSV_UTF_16 },
		{ "utf-9", CSV_ENCODINGS },
	};
	static const struct {
		const char *text;
		char delimiter; /* 0: refused */
	} delimiters[] = { { ",", ',' }, { ";", ';' }, { "tab", '\t' },
		{ "\\t", '\t' }, { "a", 0 }, { "\"", 0 }, { ",,", 0 },
		{ "", 0 }, { "、", 0 }, { "@", 0 } };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enum csv_encoding encoding = CSV_ENCODINGS;

		assert_int_equal(
		    csv_form_encoding(names[i].name, &encoding, &err),
		    names[i].encoding != CSV_ENCODINGS);
		assert_int_equal(encoding, names[i].encoding);
	}
	assert_non_null(strstr(err.text, "did you mean 'utf-8'?"));
	for (size_t i = 0; i < sizeof(delimiters) / sizeof(delimiters[0]);
	     i++) {
		char delimiter = 0;

		assert_int_equal(
		    csv_form_delimiter(delimiters[i].text, &delimiter, &err),
		    delimiters[i].delimiter != 0);
		assert_int_equal(delimiter, delimiters[i].delimiter);
	}
}

/* What is written comes back, in every form, whatever it is. */
static void
test_written_comes_back(void **state)
{
	static const char *const pieces[] = { ",", "\t", ";", "|", "\"", "\r",
		"\n", "\r\n", " ", "a", "表", "ソ", "　", "'", "\xef\xbb\xbf" };
	static const struct csv_form forms[] = {
		{ CSV_UTF_8, ',' },
		{ CSV_UTF_8_BOM, '\t' },
		{ CSV_UTF_16, ';' },
		{ CSV_UTF_16_BE, ',' },
		{ CSV_EUC_JP, '|' },
		{ CSV_CP932, '\t' },
	};
	enum {
		ROWS = 300,
		FIELDS = 4,
		PIECES = sizeof(pieces) / sizeof(*pieces)
	};
	struct err err = { 0 };

	(void)state;
	srand(1);
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		struct arena *arena = arena_new();
		const char *rows[ROWS][FIELDS];
		bool wide = f < 4; /* all pieces can be written */
		FILE *out = fopen(path, "w");
		struct csv_writer *writer;
		const struct csv_row *row;
		struct csv *csv;
		size_t field;

		assert_true(csv_writer_new(out, &forms[f], &writer, &err));
		for (size_t i = 0; i < ROWS; i++) {
			for (size_t j = 0; j < FIELDS; j++) {
				char *text = arena_strdup(arena, "");

				for (int n = rand() % 6; n > 0; n--)
					text = arena_format(arena, "%s%s", text,
					    pieces[rand() % (PIECES - !wide)]);
				rows[i][j] = text;
			}
			assert_true(
			    csv_write(writer, rows[i], FIELDS, &field, &err));
		}
		csv_writer_free(writer);
		assert_int_equal(fclose(out), 0);
		assert_true(csv_open(path, &forms[f], NULL, NULL, &csv, &err));
		for (size_t i = 0; i < ROWS; i++) {
			assert_true(csv_next(csv, &row, &err));
			assert_int_equal(row->count, FIELDS);
			for (size_t j = 0; j < FIELDS; j++)
				assert_string_equal(row->fields[j], rows[i][j]);
		}
		assert_true(csv_next(csv, &row, &err));
		assert_null(row);
		csv_close(csv);
		arena_free(arena);
	}
}

static void
test_not_writable(void **state)
{
	static const struct {
		const char *text, *fault; /* NULL: fine */
	} cases[] = {
		{ "髙﨑①～", NULL },
		{ "a𠮷", "'𠮷' (U+20BB7) cannot be written in cp932" },
		{ "é", "'é' (U+00E9) cannot be written in cp932" },
		{ "〜", "'〜' (U+301C) cannot be written in cp932" },
		{ "¥", "'¥' (U+00A5) cannot be written in cp932" },
	};
	const struct csv_form form = { CSV_CP932, ',' };
	struct csv_writer *writer;
	struct err err = { 0 };

	(void)state;
	assert_true(csv_writer_new(NULL, &form, &writer, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *fields[] = { "x", cases[i].text };
		size_t field = 9;

		assert_int_equal(csv_write(writer, fields, 2, &field, &err),
		    cases[i].fault == NULL);
		if (cases[i].fault != NULL) {
			assert_string_equal(err.text, cases[i].fault);
			assert_int_equal(field, 1);
		}
	}
	csv_writer_free(writer);
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
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_named_forms),
		cmocka_unit_test(test_long_forms),
		cmocka_unit_test(test_form_names),
		cmocka_unit_test(test_written_comes_back),
		cmocka_unit_test(test_not_writable),
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
