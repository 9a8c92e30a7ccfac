#include <stdlib.h>

#include "backup/backup.h"
#include "backup/restore.h"
#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "json/json.h"

const struct command_option cmd_backup_options[] = {
	{ "force", NULL, "replace FILE when it is there" },
	{ "json", NULL, "one object: file, made, bytes, files, left_out" },
	{ 0 },
};

const struct command_option cmd_restore_options[] = {
	{ "force", NULL,
	    "although the folder is not empty: what is in the way goes into "
	    "before-restore-… beside it" },
	{ "on-unknown", "WHAT",
	    "deliveries that were not settled in the backup may have been sent "
	    "since: resend: queue them again (nobody misses a mail, some get "
	    "it twice), hold: wait for `retry --held` or `retry --as-sent`; "
	    "default: on_unknown of the configuration. In either case each "
	    "has an attempt `unknown` in the log, and their mailings are "
	    "paused until `resume`" },
	{ "json", NULL,
	    "one object: site, made, program, files, aside, on_unknown, "
	    "mailings (issue, in_doubt)" },
	{ 0 },
};

static void
print_backup(const struct command_run *run, const char *path,
    const struct backup_made *made)
{
	struct json *object GM_JSON_AT_EXIT = NULL;

	if (command_has(run, "json")) {
		object = json_new();
		json_set_text(object, "file", path);
		json_set_text(object, "made",
		    now_format_rfc3339(run->arena, made->made_ms));
		json_set_number(object, "bytes", made->bytes);
		json_set_number(object, "files", (int64_t)made->files);
		json_set_texts(object, "left_out", &made->left_out);
		json_print(object, stdout);
		return;
	}
	printf("%s: the database and %s, %s bytes; it holds the site's keys: "
	       "keep it secret\n",
	    path,
	    num_format_count(run->arena, (int64_t)made->files, "file", "files"),
	    num_format_grouped(run->arena, made->bytes));
	for (size_t i = 0; i < made->left_out.count; i++)
		printf("not in it: %s\n", made->left_out.items[i]);
}

bool
cmd_backup(struct command_run *run, struct err *err)
{
	const struct backup_wish wish = {
		.path = run->arguments[0],
		.program = GM_VERSION,
		.force = command_has(run, "force"),
	};
	struct backup_made made;

	if (!backup_make(run->arena, run->site, run->store, &wish, &made, err))
		return false;
	print_backup(run, wish.path, &made);
	return true;
}

static void
print_restored_json(struct arena *arena, const struct restore_wish *wish,
    const struct restore_done *done)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct json *list;

	json_set_text(object, "site", wish->folder);
	json_set_text(object, "made", now_format_rfc3339(arena, done->made_ms));
	json_set_text(object, "program", done->program);
	json_set_number(object, "files", (int64_t)done->files);
	json_set_text(object, "aside", done->aside);
	json_set_text(object, "on_unknown", done->held ? "hold" : "resend");
	list = json_set_list(object, "mailings");
	for (size_t i = 0; i < done->mailing_count; i++) {
		struct json *mailing = json_push_object(list);

		json_set_text(mailing, "issue", done->mailings[i].issue);
		json_set_number(
		    mailing, "in_doubt", done->mailings[i].in_doubt);
	}
	json_print(object, stdout);
}

/* What the operator must know of a mailing that was under way. */
static void
print_mailing(
    struct arena *arena, const struct queue_restored *mailing, bool held)
{
	printf("issue %s was under way and is paused: %s may have been sent "
	       "since the backup\n",
	    mailing->issue,
	    num_format_count(
		arena, mailing->in_doubt, "delivery", "deliveries"));
	if (held)
		printf("  they are held; `glocal-mail retry %s --held` queues "
		       "them again, with --as-sent they count as sent; then "
		       "`glocal-mail resume %s`\n",
		    mailing->issue, mailing->issue);
	else
		printf("  `glocal-mail resume %s` sends them; who had it since "
		       "gets a second copy with the same Message-ID\n",
		    mailing->issue);
}

static void
print_restored(struct arena *arena, const struct restore_wish *wish,
    const struct restore_done *done)
{
	printf("%s is as it was at %s: the database and %s\n", wish->folder,
	    now_format_rfc3339(arena, done->made_ms),
	    num_format_count(arena, (int64_t)done->files, "file", "files"));
	if (done->aside != NULL)
		printf("what was there before is in %s\n", done->aside);
	for (size_t i = 0; i < done->mailing_count; i++)
		print_mailing(arena, &done->mailings[i], done->held);
	printf("what came in since is gone: enter again who unsubscribed or "
	       "was suppressed before you send\n");
}

static bool
read_unknown(const struct command_run *run, enum restore_unknown *ret_unknown,
    struct err *err)
{
	const char *text = command_value(run, "on-unknown");

	*ret_unknown = RESTORE_AS_CONFIGURED;
	if (text == NULL)
		return true;
	if (text_equal(text, "resend"))
		*ret_unknown = RESTORE_RESEND;
	else if (text_equal(text, "hold"))
		*ret_unknown = RESTORE_HOLD;
	else
		return err_set(err, ERR_USAGE,
		    "--on-unknown '%s': expected resend or hold", text);
	return true;
}

bool
cmd_restore(struct command_run *run, struct err *err)
{
	struct restore_wish wish = {
		.path = run->arguments[0],
		.folder = run->folder,
		.force = command_has(run, "force"),
	};
	struct restore_done done;

	if (wish.folder == NULL)
		wish.folder = getenv("GLOCAL_MAIL_SITE");
	if (wish.folder == NULL || *wish.folder == '\0')
		wish.folder = ".";
	if (!read_unknown(run, &wish.unknown, err) ||
	    !restore_site(run->arena, &wish, &done, err))
		return false;
	if (command_has(run, "json"))
		print_restored_json(run->arena, &wish, &done);
	else
		print_restored(run->arena, &wish, &done);
	return true;
}
