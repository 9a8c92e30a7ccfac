#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const int statuses[] = {
#define X(name, status, meaning) status,
	GM_ERR_CODES(X)
#undef X
};

GM_PRINTF(3, 0)
static void
set_text(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	text_mend(err->text);
}

bool
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
	const char *why = strerrordesc_np(errno);
	va_list ap;
	size_t used;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s",
	    why != NULL ? why : "unknown system error");
	return false;
}

bool
err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	va_list ap;
	size_t used;

	if (err == NULL)
		return false;
	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	set_text(err, err->code, fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
	text_mend(err->text);
	return false;
}

int
err_status(const struct err *err)
{
	return statuses[err->code];
}
