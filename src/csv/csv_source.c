#include "csv/csv_source.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "csv/csv_detect.h"

enum { RAW_BYTES = 64 * 1024 };

struct csv_source {
	int fd;
	enum csv_encoding encoding;
	csv_watch_fn *watch;
	void *context;
	size_t skip;   /* bytes of the mark, still to come */
	size_t size;   /* of the file when opened */
	size_t offset; /* read so far */
	bool at_end;

	/* Where there is something to convert: raw[start] to raw[end] was not
	   yet. */
	iconv_t converter; /* (iconv_t)-1: UTF-8 */
	char *raw;
	size_t start, end;
};

static bool
open_file(const char *path, int *ret_fd, size_t *ret_size, struct err *err)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err,
		    errno == EACCES ? ERR_NO_PERM : ERR_NO_INPUT, "%s", path);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return err_set(
		    err, ERR_NO_INPUT, "%s: expected a regular file", path);
	}
	*ret_fd = fd;
	*ret_size = (size_t)status.st_size;
	return true;
}

/* Settles the encoding; a mark is skipped whoever named it. */
static bool
find_encoding(struct csv_source *source, enum csv_encoding wanted,
    const char *path, struct err *err)
{
	enum csv_encoding found;
	bool fits;

	if (!csv_detect_mark(source->fd, &found, &source->skip, err) ||
	    (found == CSV_DETECT && wanted == CSV_DETECT &&
		!csv_detect_encoding(source->fd, &found, err)))
		return err_wrap(err, "%s", path);
	source->encoding = wanted == CSV_DETECT ? found : wanted;
	fits = wanted == found || wanted == CSV_DETECT ||
	       (wanted == CSV_UTF_8 && found == CSV_UTF_8_BOM) ||
	       (wanted == CSV_UTF_16 && found == CSV_UTF_16_BE);
	if (!fits)
		source->skip = 0;
	else if (source->skip > 0)
		source->encoding = found;
	return true;
}

static bool
open_converter(struct csv_source *source, const char *path, struct err *err)
{
	source->converter = (iconv_t)-1;
	if (source->encoding == CSV_UTF_8 || source->encoding == CSV_UTF_8_BOM)
		return true;
	source->converter =
	    iconv_open("UTF-8", csv_encoding_iconv(source->encoding));
	if (source->converter == (iconv_t)-1)
		return err_errno(err, ERR_UNAVAILABLE,
		    "%s: this system does not know the encoding %s", path,
		    csv_encoding_iconv(source->encoding));
	source->raw = mem_new(RAW_BYTES, 1);
	return true;
}

bool
csv_source_open(const char *path, enum csv_encoding encoding,
    csv_watch_fn *watch, void *context, struct csv_source **ret_source,
    struct err *err)
{
	struct csv_source *source;
	size_t size = 0;
	int fd = -1;

	if (!open_file(path, &fd, &size, err))
		return false;
	source = mem_new(1, sizeof(*source));
	*source = (struct csv_source){
		.fd = fd,
		.size = size,
		.watch = watch,
		.context = context,
		.converter = (iconv_t)-1,
	};
	if (!find_encoding(source, encoding, path, err) ||
	    !open_converter(source, path, err)) {
		csv_source_close(source);
		return false;
	}
	*ret_source = source;
	return true;
}

void
csv_source_close(struct csv_source *source)
{
	if (source == NULL)
		return;
	if (source->converter != (iconv_t)-1)
		iconv_close(source->converter);
	free(source->raw);
	close(source->fd);
	free(source);
}

enum csv_encoding
csv_source_encoding(const struct csv_source *source)
{
	return source->encoding;
}

void
csv_source_progress(
    const struct csv_source *source, size_t *ret_done, size_t *ret_all)
{
	*ret_done = source->offset;
	*ret_all =
	    source->size > source->offset ? source->size : source->offset;
}

/* Reads until `room` bytes are there or the file ends. */
static bool
read_raw(struct csv_source *source, char *bytes, size_t room, size_t *ret_count,
    struct err *err)
{
	size_t sum = 0;

	while (sum < room && !source->at_end) {
		ssize_t one = read(source->fd, bytes + sum, room - sum);

		if (one < 0 && errno == EINTR)
			continue;
		if (one < 0)
			return err_errno(err, ERR_IO, "reading failed");
		source->at_end = one == 0;
		sum += (size_t)one;
	}
	if (source->watch != NULL)
		source->watch(bytes, sum, source->context);
	source->offset += sum;
	if (source->skip > 0 && sum >= source->skip) {
		sum -= source->skip;
		memmove(bytes, bytes + source->skip, sum);
		source->skip = 0;
	}
	*ret_count = sum;
	return true;
}

/* Fills up what waits to be converted. */
static bool
fill(struct csv_source *source, struct err *err)
{
	size_t count;

	memmove(source->raw, source->raw + source->start,
	    source->end - source->start);
	source->end -= source->start;
	source->start = 0;
	if (!read_raw(source, source->raw + source->end,
		RAW_BYTES - source->end, &count, err))
		return false;
	source->end += count;
	return true;
}

static bool
refuse_bytes(const struct csv_source *source, struct err *err)
{
	return err_set(err, ERR_DATA,
	    "the bytes \\x%02x\\x%02x are no %s; name the file's encoding "
	    "with --encoding, or save it as CSV in UTF-8",
	    (unsigned char)source->raw[source->start],
	    source->start + 1 < source->end
		? (unsigned char)source->raw[source->start + 1]
		: 0,
	    csv_encoding(source->encoding));
}

static bool
convert(struct csv_source *source, char *bytes, size_t room, size_t *ret_count,
    struct err *err)
{
	char *from, *to = bytes;
	size_t left, space = room;
	size_t result;

	do {
		if (source->start == source->end || !source->at_end)
			if (!fill(source, err))
				return false;
		from = source->raw + source->start;
		left = source->end - source->start;
		result = iconv(source->converter, &from, &left, &to, &space);
		source->start = source->end - left;

		/* Give out what came before a fault first. */
		if (to == bytes && result == (size_t)-1 &&
		    (errno == EILSEQ || (errno == EINVAL && source->at_end)))
			return refuse_bytes(source, err);
	} while (to == bytes && !(source->at_end && left == 0));
	*ret_count = (size_t)(to - bytes);
	return true;
}

bool
csv_source_read(struct csv_source *source, char *bytes, size_t room,
    size_t *ret_count, struct err *err)
{
	if (source->converter != (iconv_t)-1)
		return convert(source, bytes, room, ret_count, err);

	/* A mark alone must not look like the end. */
	do
		if (!read_raw(source, bytes, room, ret_count, err))
			return false;
	while (*ret_count == 0 && !source->at_end);
	return true;
}
