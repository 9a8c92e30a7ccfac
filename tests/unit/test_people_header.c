#include "people/people_columns.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static const struct people_heading small[] = {
	{ "email", 0, true },
	{ "name", 1, false },
	{ "address", 0, false },
	{ "氏名", 1, false },
	{ 0 },
};

static const struct {
	const char *fields[4];
	const char *maps[3];
	bool lenient;
	const char *faults; /* the beginning of each, "" when there is none */
	int email, name;
} cases[] = {
	{ { "email", "name" }, { 0 }, false, "", 0, 1 },
	{ { "Name", "E-Mail", "x" }, { 0 }, true, "", 1, 0 },
	{ { "address" }, { 0 }, false, "", 0, -1 },
	{ { " ＥＭＡＩＬ ", "氏　名" }, { 0 }, false, "", 0, 1 },
	{ { "emial", "name" }, { 0 }, false,
	    "unknown column 'emial' (did you mean 'email'?);"
	    "the column 'email' is missing from the header;",
	    0, 0 },
	{ { "name" }, { 0 }, false,
	    "the column 'email' is missing from the header;", 0, 0 },
	{ { "email", "EMAIL" }, { 0 }, true,
	    "the column 'EMAIL' is there twice;", 0, 0 },
	{ { "email", "address" }, { 0 }, true,
	    "the columns 'email' and 'address' are the same field; --map "
	    "'address=-' passes over one;",
	    0, 0 },
	{ { "email", "電話" }, { 0 }, false,
	    "unknown column '電話'; --map '電話=FIELD' says what it is, --map "
	    "'電話=-' passes over it;",
	    0, 0 },

	/* Maps win over names. */
	{ { "email", "電話" }, { "電話=-" }, false, "", 0, -1 },
	{ { "連絡先", "email" }, { "連絡先=email", "email=-" }, false, "", 0,
	    -1 },
	{ { "a=b", "name" }, { "a=b=email" }, false, "", 0, 1 },
	{ { "Ｍ　１" }, { "m1=address" }, false, "", 0, -1 },
	{ { "email", "x" }, { "x=phone" }, false,
	    "--map 'x=phone': there is no field 'phone';", 0, 0 },
	{ { "email" }, { "x=name" }, false,
	    "--map 'x=name': the file has no column 'x';", 0, 0 },
	{ { "email" }, { "name", "=x" }, false,
	    "--map 'name': expected COLUMN=FIELD;"
	    "--map '=x': expected COLUMN=FIELD;",
	    0, 0 },
};

static void
test_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv_row row = { .line = 1, .fields = cases[i].fields };
		struct people_headings headings = { .table = small,
			.lenient = cases[i].lenient };
		struct complaints complaints = { 0 };
		struct people_header header;
		struct buf faults GM_BUF_AT_EXIT;
		const char *maps[3];
		bool ok;

		memcpy(maps, cases[i].maps, sizeof(maps));
		headings.maps.items = maps;
		while (headings.maps.count < 3 &&
		       maps[headings.maps.count] != NULL)
			headings.maps.count++;
		while (row.count < 4 && row.fields[row.count] != NULL)
			row.count++;
		ok = people_header_read(
		    &row, "f.csv", &headings, &header, &complaints);
		buf_init(&faults, 10000);
		for (size_t j = 0; j < complaints.count; j++)
			buf_add_format(
			    &faults, "%s;", complaints.items[j].text);
		assert_string_equal(buf_str(&faults), cases[i].faults);
		assert_int_equal(ok, complaints.count == 0);
		if (ok) {
			assert_int_equal(header.places[0], cases[i].email);
			assert_int_equal(header.places[1], cases[i].name);
		}
		complaints_clear(&complaints);
	}
}

/* No name leads to two columns, and each has one for export. */
static void
test_table(void **state)
{
	const char *names[PEOPLE_MOST_HEADINGS];
	size_t count = 0;

	(void)state;
	for (; people_columns[count].name != NULL; count++)
		names[count] = people_columns[count].name;
	for (size_t i = 0; i < count; i++) {
		struct csv_row row = { 1, (const char *const *)&names[i], 1 };
		struct people_headings headings = { .table = people_columns,
			.lenient = true };
		struct complaints complaints = { 0 };
		struct people_header header;

		people_header_read(
		    &row, "f.csv", &headings, &header, &complaints);
		for (size_t j = 0; j < COLUMNS; j++)
			assert_int_equal(header.places[j],
			    j == people_columns[i].number ? 0 : -1);
		complaints_clear(&complaints);
	}
	assert_string_equal(people_column(COLUMN_EMAIL), "email");
	assert_string_equal(people_column(COLUMN_BASIS), "basis");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
