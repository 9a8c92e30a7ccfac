#include <fcntl.h>
#include <unistd.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "people/people_export.h"

const struct command_option cmd_subscriber_export_options[] = {
	{ "out", "FILE",
	    "where to (mode 0600, there whole or not at all); else standard "
	    "output" },
	{ "format", "FORMAT",
	    "csv (default), tsv or json (one object a line)" },
	{ "encoding", "NAME",
	    "of csv and tsv: utf-8 (default), utf-8-bom (which Excel tells by "
	    "its first bytes), utf-16 or cp932; what an encoding cannot hold "
	    "is "
	    "refused" },
	{ 0 },
};

static bool
read_format(
    struct command_run *run, struct people_export *export, struct err *err)
{
	const char *format = command_value(run, "format");
	const char *encoding = command_value(run, "encoding");

	if (format == NULL || text_equal(format, "csv"))
		export->form.delimiter = ',';
	else if (text_equal(format, "tsv"))
		export->form.delimiter = '\t';
	else if (text_equal(format, "json"))
		export->json = true;
	else
		return err_set(err, ERR_USAGE,
		    "unknown format '%s', expected csv, tsv or json", format);
	if (encoding == NULL)
		return true;
	if (export->json)
		return err_set(err, ERR_USAGE,
		    "--encoding: json is UTF-8, leave the option out");
	return csv_form_encoding(encoding, &export->form.encoding, err) ||
	       err_wrap(err, "--encoding");
}

/* Prints complaints and turns them into one line. */
static bool
conclude(struct complaints *complaints, bool ok, struct err *err)
{
	size_t faults = complaints->errors;

	complaints_print(complaints, stderr);
	complaints_clear(complaints);
	if (!ok && faults > 0)
		err_set(err, ERR_DATA,
		    "%zu %s the encoding cannot hold; nothing was written; "
		    "--encoding utf-8-bom holds all",
		    faults, faults == 1 ? "character" : "characters");
	return ok;
}

static bool
export_to(struct command_run *run, struct people_export *export, FILE *out,
    size_t *ret_count, struct err *err)
{
	struct complaints complaints = { 0 };
	bool ok;

	export->out = out;
	ok = people_export(run->store, export, &complaints, ret_count, err);
	if (!conclude(&complaints, ok, err))
		return false;
	if (fflush(out) != 0 || ferror(out))
		return err_errno(err, ERR_IO, "%s", export->path);
	return true;
}

/* Through a file beside it, which takes its name once all is on the disk. */
static bool
export_to_file(struct command_run *run, struct people_export *export,
    const char *path, size_t *ret_count, struct err *err)
{
	const char *new =
	    arena_format(run->arena, "%s.new.%ld", path, (long)getpid());
	int fd = open(
	    new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *out;
	bool ok;

	if (fd < 0)
		return err_errno(err, ERR_CANT_CREATE, "%s", path);
	out = fdopen(fd, "w");
	if (out == NULL) {
		close(fd);
		unlink(new);
		return err_errno(err, ERR_OS, "%s", path);
	}
	ok = export_to(run, export, out, ret_count, err);
	if (ok && fsync(fd) != 0)
		ok = err_errno(err, ERR_IO, "%s", path);
	if (fclose(out) != 0 && ok)
		ok = err_errno(err, ERR_IO, "%s", path);
	if (ok && rename(new, path) != 0)
		ok = err_errno(err, ERR_CANT_CREATE, "%s", path);
	if (!ok)
		unlink(new);
	return ok;
}

bool
cmd_subscriber_export(struct command_run *run, struct err *err)
{
	const char *path = command_value(run, "out");
	struct people_export export = {
		.path = path != NULL ? path : "standard output",
	};
	size_t count = 0;

	if (run->argument_count > 0)
		return cmd_subscriber_export_person(run, err);
	if (!read_format(run, &export, err))
		return false;
	if (path == NULL)
		return export_to(run, &export, stdout, &count, err);
	if (!export_to_file(run, &export, path, &count, err))
		return false;
	printf("%s: %s\n", path,
	    num_format_count(
		run->arena, (int64_t)count, "contact", "contacts"));
	return true;
}
