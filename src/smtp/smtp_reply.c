#include "smtp/smtp_reply.h"

#include <string.h>

void
smtp_reply_reset(struct smtp_reply *reply)
{
	reply->code = 0;
	reply->enhanced[0] = '\0';
	reply->text[0] = '\0';
	reply->text_bytes = 0;
	reply->lines = 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The three digits at the front, 0 when they are none of a reply. */
static int
read_code(const char *line, size_t bytes)
{
	if (bytes < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]))
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

/* How many bytes of `text` are an enhanced code of the class of `code`. */
static size_t
measure_enhanced(int code, const char *text, size_t bytes)
{
	size_t at = 1;

	if (bytes < 5 || text[0] != '0' + code / 100)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at == bytes || text[at] != '.')
			return 0;
		at++;
		while (at < bytes && is_digit(text[at]) && digits < 4) {
			at++;
			digits++;
		}
		if (digits == 0 || digits > 3)
			return 0;
	}
	return at == bytes || text[at] == ' ' ? at : 0;
}

static void
add_text(struct smtp_reply *reply, const char *text, size_t bytes)
{
	size_t room = sizeof(reply->text) - 1 - reply->text_bytes;

	if (bytes > 0 && reply->text_bytes > 0 && room > 0) {
		reply->text[reply->text_bytes++] = ' ';
		room--;
	}
	if (bytes > room)
		bytes = room;
	memcpy(reply->text + reply->text_bytes, text, bytes);
	reply->text_bytes += bytes;
	reply->text[reply->text_bytes] = '\0';
}

enum smtp_reply_state
smtp_reply_add(struct smtp_reply *reply, const char *line, size_t bytes)
{
	int code = read_code(line, bytes);
	enum smtp_reply_state state = SMTP_REPLY_WHOLE;
	size_t enhanced;

	if (code == 0 || (reply->code != 0 && code != reply->code) ||
	    memchr(line, '\0', bytes) != NULL)
		return SMTP_REPLY_BROKEN;
	if (reply->lines == SMTP_REPLY_LINES)
		return SMTP_REPLY_ENDLESS;
	reply->code = code;
	reply->lines++;
	while (
	    bytes > 3 && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r'))
		bytes--;

	/* A code alone is a whole reply with no text. */
	line += 3;
	bytes -= 3;
	if (bytes > 0) {
		if (*line != ' ' && *line != '-')
			return SMTP_REPLY_BROKEN;
		if (*line == '-')
			state = SMTP_REPLY_PART;
		line++;
		bytes--;
	}

	/* Keep the first enhanced code and leave all of them out of the text.
	 */
	enhanced = measure_enhanced(code, line, bytes);
	if (enhanced > 0 && reply->enhanced[0] == '\0') {
		memcpy(reply->enhanced, line, enhanced);
		reply->enhanced[enhanced] = '\0';
	}
	line += enhanced;
	bytes -= enhanced;
	while (bytes > 0 && *line == ' ') {
		line++;
		bytes--;
	}
	add_text(reply, line, bytes);
	return state;
}
