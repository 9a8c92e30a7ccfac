#include "xlsx/xlsx_part.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	CHUNK_BYTES = 64 * 1024,
	MOST_DEEP = 32,
	TOKEN_MOST_BYTES = 1024 * 1024,
};

struct xlsx_part {
	struct xlsx_handler handler;
	zip_file_t *file;
	XML_Parser parser;
	zip_uint64_t most, fed; /* bytes */
	int depth;
	bool paused, at_end;
	const char *refused; /* NULL: not */
};

static const char *
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon != NULL ? colon + 1 : name;
}

const char *
xlsx_part_attribute(const char **attributes, const char *name)
{
	for (; *attributes != NULL; attributes += 2)
		if (text_equal(local_name(attributes[0]), name))
			return attributes[1];
	return NULL;
}

void
xlsx_part_refuse(struct xlsx_part *part, const char *why)
{
	if (part->refused == NULL)
		part->refused = why;
	XML_StopParser(part->parser, XML_FALSE);
}

void
xlsx_part_pause(struct xlsx_part *part)
{
	XML_StopParser(part->parser, XML_TRUE);
}

static void
on_start(void *context, const char *name, const char **attributes)
{
	struct xlsx_part *part = context;

	if (++part->depth > MOST_DEEP)
		xlsx_part_refuse(part, "nested too deep");
	else if (part->refused == NULL)
		part->handler.start(
		    part, part->handler.context, local_name(name), attributes);
}

static void
on_end(void *context, const char *name)
{
	struct xlsx_part *part = context;

	part->depth--;
	if (part->refused == NULL && part->handler.end != NULL)
		part->handler.end(
		    part, part->handler.context, local_name(name));
}

static void
on_text(void *context, const char *bytes, int count)
{
	struct xlsx_part *part = context;

	if (part->refused == NULL && part->handler.text != NULL)
		part->handler.text(
		    part, part->handler.context, bytes, (size_t)count);
}

/* No workbook has one, and entities are a way to make much of little. */
static void
on_doctype(void *context, const char *name, const char *system,
    const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xlsx_part_refuse(context, "a document type, which none may have");
}

bool
xlsx_part_open(zip_t *zip, const char *name, zip_uint64_t most,
    const struct xlsx_handler *handler, struct xlsx_part **ret_part,
    struct err *err)
{
	struct xlsx_part *part;
	zip_file_t *file;
	zip_stat_t stat;

	*ret_part = NULL;
	if (zip_stat(zip, name, ZIP_FL_NOCASE, &stat) != 0)
		return true;
	if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) &&
	    stat.encryption_method != ZIP_EM_NONE)
		return err_set(err, ERR_DATA,
		    "has a password; save it anew "
		    "without");
	file = zip_fopen_index(zip, stat.index, 0);
	if (file == NULL)
		return err_set(err, ERR_DATA, "damaged: %s: %s",
		    local_name(name), zip_strerror(zip));
	part = mem_new(1, sizeof(*part));
	part->handler = *handler;
	part->file = file;
	part->most = most;
	part->parser = XML_ParserCreate(NULL);
	if (part->parser == NULL)
		mem_exhausted();
	XML_SetUserData(part->parser, part);
	XML_SetElementHandler(part->parser, on_start, on_end);
	XML_SetCharacterDataHandler(part->parser, on_text);
	XML_SetStartDoctypeDeclHandler(part->parser, on_doctype);
	*ret_part = part;
	return true;
}

void
xlsx_part_close(struct xlsx_part *part)
{
	if (part == NULL)
		return;
	XML_ParserFree(part->parser);
	zip_fclose(part->file);
	free(part);
}

static bool
refuse(const struct xlsx_part *part, struct err *err)
{
	enum XML_Error code = XML_GetErrorCode(part->parser);

	if (code == XML_ERROR_NO_MEMORY)
		mem_exhausted();
	if (part->refused != NULL)
		return err_set(err, ERR_DATA, "%s", part->refused);
	return err_set(err, ERR_DATA, "damaged: %s", XML_ErrorString(code));
}

/* Gives the parser the next piece. */
static bool
feed(struct xlsx_part *part, enum XML_Status *ret_status, struct err *err)
{
	void *bytes = XML_GetBuffer(part->parser, CHUNK_BYTES);
	zip_int64_t count;

	if (bytes == NULL)
		return refuse(part, err);
	count = zip_fread(part->file, bytes, CHUNK_BYTES);
	if (count < 0)
		return err_set(err, ERR_DATA, "damaged: %s",
		    zip_file_strerror(part->file));
	part->fed += (zip_uint64_t)count;
	if (part->fed > part->most)
		return err_set(err, ERR_DATA,
		    "unpacks to more than %d MB; save the sheet as CSV",
		    (int)(part->most >> 20));
	part->at_end = count == 0;
	*ret_status = XML_ParseBuffer(part->parser, (int)count, part->at_end);

	/* What is not a whole token yet is kept by the parser. */
	if (*ret_status == XML_STATUS_OK && !part->at_end &&
	    part->fed - (zip_uint64_t)XML_GetCurrentByteIndex(part->parser) >
		TOKEN_MOST_BYTES)
		return err_set(err, ERR_DATA,
		    "damaged: an element that is "
		    "larger than anyone means");
	return true;
}

bool
xlsx_part_read(struct xlsx_part *part, bool *ret_more, struct err *err)
{
	enum XML_Status status = XML_STATUS_OK;

	do {
		if (part->paused)
			status = XML_ResumeParser(part->parser);
		else if (!feed(part, &status, err))
			return false;
		part->paused = status == XML_STATUS_SUSPENDED;
		if (status == XML_STATUS_ERROR)
			return refuse(part, err);
	} while (!part->paused && !part->at_end);
	*ret_more = part->paused;
	return true;
}

bool
xlsx_part_walk(zip_t *zip, const char *name, zip_uint64_t most,
    const struct xlsx_handler *handler, bool *ret_there, struct err *err)
{
	struct xlsx_part *part;
	bool more;
	bool ok;

	if (!xlsx_part_open(zip, name, most, handler, &part, err))
		return false;
	*ret_there = part != NULL;
	ok = part == NULL || xlsx_part_read(part, &more, err);
	xlsx_part_close(part);
	return ok;
}
