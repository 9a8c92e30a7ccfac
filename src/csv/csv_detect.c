#include "csv/csv_detect.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum {
	SCAN_BYTES = 64 * 1024,
	LONGEST_CHARACTER = 4,
	NUL_BYTES = 4096, /* looked through for them */
	FEWEST_NULS = 32, /* one in so many bytes of UTF-16 */
};

static const struct {
	const char *bytes;
	size_t count;
	enum csv_encoding encoding;
} marks[] = {
	{ "\xef\xbb\xbf", 3, CSV_UTF_8_BOM },
	{ "\xff\xfe", 2, CSV_UTF_16 },
	{ "\xfe\xff", 2, CSV_UTF_16_BE },
};

/* What was seen of a file so far, read both ways. */
struct scan {
	size_t utf8;     /* characters beyond ASCII */
	size_t no_utf8;  /* bytes of none */
	size_t no_cp932; /* likewise */
	size_t typical;  /* lead bytes below 0xa0 */
};

/* Bytes of the CP932 character at `p`, 0 when there is none. */
static size_t
measure_cp932(const unsigned char *p, size_t left, struct scan *scan)
{
	if ((*p >= 0x81 && *p <= 0x9f) || (*p >= 0xe0 && *p <= 0xfc)) {
		if (left < 2 || p[1] < 0x40 || p[1] == 0x7f || p[1] > 0xfc)
			return 0;
		scan->typical += *p <= 0x9f;
		return 2;
	}
	return *p != 0x80 && *p != 0xa0 && *p < 0xe0;
}

/* Each reading keeps its own place. Both stop short of the last few bytes
   unless these are the last of the file, and say how far they came. */
static size_t
scan_utf8(
    const char *bytes, size_t from, size_t count, bool last, struct scan *scan)
{
	size_t i = from;

	while (i < count && (last || count - i >= LONGEST_CHARACTER)) {
		size_t one;

		if ((unsigned char)bytes[i] < 0x80) {
			i++;
			continue;
		}
		one = text_character(bytes + i, count - i);
		scan->utf8 += one > 0;
		scan->no_utf8 += one == 0;
		i += one > 0 ? one : 1;
	}
	return i;
}

static size_t
scan_cp932(
    const char *bytes, size_t from, size_t count, bool last, struct scan *scan)
{
	size_t i = from;

	while (i < count && (last || count - i >= LONGEST_CHARACTER)) {
		size_t one = measure_cp932(
		    (const unsigned char *)bytes + i, count - i, scan);

		scan->no_cp932 += one == 0;
		i += one > 0 ? one : 1;
	}
	return i;
}

static bool
read_at(int fd, char *bytes, size_t count, off_t at, size_t *ret_count,
    struct err *err)
{
	size_t sum = 0;

	while (sum < count) {
		ssize_t one =
		    pread(fd, bytes + sum, count - sum, at + (off_t)sum);

		if (one < 0 && errno == EINTR)
			continue;
		if (one < 0)
			return err_errno(err, ERR_IO, "reading failed");
		if (one == 0)
			break;
		sum += (size_t)one;
	}
	*ret_count = sum;
	return true;
}

/* UTF-16 without a mark: delimiters, line ends and addresses have a NUL byte
   in each character, always on the same side. A few characters have it on the
   other one, such as U+3000. */
static enum csv_encoding
find_nuls(const char *bytes, size_t count)
{
	size_t nuls[2] = { 0, 0 };
	bool ends[2] = { false, false }; /* a line feed beside that NUL */

	for (size_t i = 0; i + 1 < count; i += 2) {
		nuls[0] += bytes[i] == '\0';
		nuls[1] += bytes[i + 1] == '\0';
		ends[0] |= bytes[i] == '\0' && bytes[i + 1] == '\n';
		ends[1] |= bytes[i + 1] == '\0' && bytes[i] == '\n';
	}
	if (ends[1] && nuls[1] > 2 * nuls[0] && nuls[1] >= count / FEWEST_NULS)
		return CSV_UTF_16;
	if (ends[0] && nuls[0] > 2 * nuls[1] && nuls[0] >= count / FEWEST_NULS)
		return CSV_UTF_16_BE;
	return CSV_DETECT;
}

/* Goes through the whole file; the last bytes of a piece are looked at again
   with the next. */
static bool
scan_file(int fd, struct scan *scan, struct err *err)
{
	char bytes[SCAN_BYTES];
	size_t utf8 = 0, cp932 = 0;
	size_t count;
	off_t at = 0;
	bool last;

	do {
		if (!read_at(fd, bytes, SCAN_BYTES, at, &count, err))
			return false;
		last = count < SCAN_BYTES;
		utf8 = scan_utf8(bytes, utf8, count, last, scan);

		/* What ASCII alone is settles nothing, and costs nothing. */
		if (scan->no_utf8 > 0 || scan->utf8 > 0)
			cp932 = scan_cp932(bytes, cp932, count, last, scan);
		else
			cp932 = utf8;
		count = utf8 < cp932 ? utf8 : cp932;
		at += (off_t)count;
		utf8 -= count;
		cp932 -= count;
	} while (!last);
	return true;
}

bool
csv_detect_mark(
    int fd, enum csv_encoding *ret_encoding, size_t *ret_bytes, struct err *err)
{
	char bytes[LONGEST_CHARACTER];
	size_t count;

	if (!read_at(fd, bytes, sizeof(bytes), 0, &count, err))
		return false;
	*ret_encoding = CSV_DETECT;
	*ret_bytes = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (count >= marks[i].count &&
		    memcmp(bytes, marks[i].bytes, marks[i].count) == 0) {
			*ret_encoding = marks[i].encoding;
			*ret_bytes = marks[i].count;
		}
	return true;
}

bool
csv_detect_encoding(int fd, enum csv_encoding *ret_encoding, struct err *err)
{
	char bytes[NUL_BYTES];
	struct scan scan = { 0 };
	size_t count;

	if (!read_at(fd, bytes, sizeof(bytes), 0, &count, err))
		return false;
	*ret_encoding = find_nuls(bytes, count);
	if (*ret_encoding != CSV_DETECT)
		return true;
	if (!scan_file(fd, &scan, err))
		return false;
	*ret_encoding =
	    scan.no_utf8 > scan.utf8 && scan.no_cp932 == 0 && scan.typical > 0
		? CSV_CP932
		: CSV_UTF_8;
	return true;
}

char
csv_detect_delimiter(const char *text, size_t bytes)
{
	static const char candidates[] = ",\t;|";
	size_t counts[sizeof(candidates) - 1] = { 0 };
	size_t best = 0;
	bool quoted = false, begun = false;

	for (size_t i = 0; i < bytes; i++) {
		const char *found;

		if (text[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (text[i] == '\n' || text[i] == '\r') {
			if (begun)
				break;
			continue;
		}
		begun = true;
		found = text[i] != '\0' ? strchr(candidates, text[i]) : NULL;
		if (found != NULL)
			counts[found - candidates]++;
	}
	for (size_t i = 1; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}
