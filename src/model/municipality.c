#include "model/municipality.h"

#include <stdio.h>
#include <string.h>

char
municipality_check_digit(const char *five_digits)
{
	int sum = 0;

	for (int i = 0; i < 5; i++)
		sum += (five_digits[i] - '0') * (6 - i);
	return (char)('0' + (11 - sum % 11) % 10);
}

static bool
are_digits(const char *s, size_t count)
{
	return strlen(s) == count && strspn(s, "0123456789") == count;
}

static bool
has_prefecture(const char *code)
{
	int prefecture = 10 * (code[0] - '0') + (code[1] - '0');

	return prefecture >= 1 && prefecture <= 47;
}

/* Municipality numbers below 100 were never given out, but for 000. */
static bool
has_number(const char *code)
{
	return code[2] != '0' || strncmp(code + 2, "000", 3) == 0;
}

bool
municipality_code_holds(const char *code)
{
	return are_digits(code, 6) && has_prefecture(code) &&
	       has_number(code) && municipality_check_digit(code) == code[5];
}

/* Completes five digits by their check digit. */
static bool
complete(const char *five_digits, char ret_code[MUNICIPALITY_CODE_BYTES])
{
	snprintf(ret_code, MUNICIPALITY_CODE_BYTES, "%.5s%c", five_digits,
	    municipality_check_digit(five_digits));
	return municipality_code_holds(ret_code);
}

static bool
parse_five(
    const char *text, char ret_code[MUNICIPALITY_CODE_BYTES], struct err *err)
{
	char with_zero[MUNICIPALITY_CODE_BYTES];
	char with_check[MUNICIPALITY_CODE_BYTES];
	bool zero_holds;
	bool check_holds = complete(text, with_check);

	snprintf(with_zero, sizeof(with_zero), "0%.5s", text);
	zero_holds = municipality_code_holds(with_zero);
	if (zero_holds && check_holds)
		return err_set(err, ERR_DATA,
		    "municipality code '%s' can be read as %s (leading zero "
		    "lost) or as %s (check digit missing); write all six "
		    "digits",
		    text, with_zero, with_check);
	if (!zero_holds && !check_holds)
		return err_set(err, ERR_DATA,
		    "'%s' is no municipality code; write all six digits", text);
	memcpy(ret_code, zero_holds ? with_zero : with_check,
	    MUNICIPALITY_CODE_BYTES);
	return true;
}

bool
municipality_code_parse(
    const char *text, char ret_code[MUNICIPALITY_CODE_BYTES], struct err *err)
{
	char digits[MUNICIPALITY_CODE_BYTES];
	char code[MUNICIPALITY_CODE_BYTES];

	if (are_digits(text, 6)) {
		if (!has_prefecture(text) || !has_number(text))
			return err_set(err, ERR_DATA,
			    "municipality code '%s': no prefecture or "
			    "municipality has this number",
			    text);
		if (!municipality_code_holds(text))
			return err_set(err, ERR_DATA,
			    "municipality code '%s': the check digit should "
			    "be %c",
			    text, municipality_check_digit(text));
		memcpy(ret_code, text, MUNICIPALITY_CODE_BYTES);
		return true;
	}
	if (are_digits(text, 5))
		return parse_five(text, ret_code, err);
	if (are_digits(text, 4)) {
		snprintf(digits, sizeof(digits), "0%.4s", text);
		if (complete(digits, code)) {
			memcpy(ret_code, code, sizeof(code));
			return true;
		}
	}
	return err_set(err, ERR_DATA,
	    "'%.40s' is no municipality code, expected six digits", text);
}

void
municipality_prefecture(
    const char *code, char ret_code[MUNICIPALITY_CODE_BYTES])
{
	memcpy(ret_code, code, 2);
	memcpy(ret_code + 2, "000", 3);
	ret_code[5] = municipality_check_digit(ret_code);
	ret_code[6] = '\0';
}

bool
municipality_is_prefecture(const char *code)
{
	return strncmp(code + 2, "000", 3) == 0;
}
