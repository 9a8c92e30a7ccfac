#include "digest/confirm_mail.h"

#include <assert.h>
#include <string.h>

#include "base/file.h"
#include "base/now.h"
#include "digest/plain_mail.h"
#include "digest/template_lint.h"
#include "people/links.h"
#include "render/render.h"
#include "unicode/unicode.h"

enum {
	TEMPLATE_BYTES_MOST = 100 * 1000,
	MS_A_SECOND = 1000,
	COLUMNS = 70, /* as in digests */
};

static const char subject_mark[] = "Subject: ";

struct confirm_mail {
	const struct site *site;
	struct render *render;
	const char *files[LANGUAGES]; /* "confirm.ja.txt" */
};

/* The first ones are needed. */
enum { NEEDED = 5 };
static const struct render_marker markers[] = {
	{ "SENDER_NAME", RENDER_TEXT },
	{ "SENDER_POSTAL", RENDER_TEXT },
	{ "SENDER_CONTACT", RENDER_TEXT },
	{ "CONFIRM_URL", RENDER_TEXT },
	{ "UNSUBSCRIBE_URL", RENDER_TEXT },
	{ "ADDRESS", RENDER_TEXT },
	{ "VALID_UNTIL", RENDER_TEXT },
	{ "NAMED", RENDER_SECTION },
	{ "NAME", RENDER_TEXT },
	{ "WORDING", RENDER_SECTION },
	{ "WORDING_TEXT", RENDER_TEXT },
};
enum { MARKERS = sizeof(markers) / sizeof(markers[0]) };

static bool
check_text(
    struct arena *arena, const char *name, const char *bytes, struct err *err)
{
	if (!text_starts(bytes, subject_mark))
		return err_set(err, ERR_DATA,
		    "templates/%s:1: must begin with '%s'", name, subject_mark);
	for (size_t i = 0; i < NEEDED; i++)
		if (strstr(bytes,
			arena_format(arena, "{{%s}}", markers[i].name)) == NULL)
			return err_set(err, ERR_DATA,
			    "templates/%s: the marker {{%s}} is missing; the "
			    "law asks for it",
			    name, markers[i].name);
	return true;
}

/* The site's own file, else the shipped one. */
static bool
read_file(struct arena *arena, const struct site *site, const char *name,
    struct render_file *ret_file, struct err *err)
{
	char *path =
	    site_path(arena, site, arena_format(arena, "templates/%s", name));
	char *folder;
	char *bytes;

	if (!file_exists(path)) {
		if (!site_share(arena, "templates", &folder, err))
			return false;
		path = file_join(arena, folder, name);
	}
	*ret_file = (struct render_file){ .name = name };
	if (!file_read(arena, path, TEMPLATE_BYTES_MOST, &bytes,
		&ret_file->count, err))
		return false;
	ret_file->bytes = bytes;
	return check_text(arena, name, bytes, err);
}

bool
confirm_mail_open(struct arena *arena, const struct site *site,
    struct confirm_mail **ret_mail, struct err *err)
{
	struct confirm_mail *mail = arena_take(arena, 1, sizeof(*mail));
	struct render_file files[LANGUAGES];

	mail->site = site;
	for (enum language i = 0; i < LANGUAGES; i++) {
		mail->files[i] = arena_format(
		    arena, "confirm.%s.txt", subscriber_language(i));
		if (!read_file(arena, site, mail->files[i], &files[i], err))
			return false;
	}
	if (!render_new(files, LANGUAGES, markers, MARKERS, &mail->render, err))
		return err_wrap(err, "templates");
	*ret_mail = mail;
	return true;
}

void
confirm_mail_close(struct confirm_mail *mail)
{
	if (mail != NULL)
		render_free(mail->render);
}

static const char *const roots[] = { "confirm.ja.txt", "confirm.en.txt", NULL };
static_assert(
    sizeof(roots) / sizeof(*roots) == LANGUAGES + 1, "one for each language");

static const struct template_scope scopes[] = {
	{ "NAMED", "NAME" },
	{ "WORDING", "WORDING_TEXT" },
};

void
confirm_mail_lint(
    const struct template_folder *folder, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct template_lint lint = {
		.folder = folder,
		.family = TEMPLATE_CONFIRM,
		.known = markers,
		.known_count = MARKERS,
		.roots = roots,
		.scopes = scopes,
		.scope_count = sizeof(scopes) / sizeof(*scopes),
	};

	template_lint(&lint, complaints);
	for (const char *const *root = roots; *root != NULL; root++) {
		const struct template_file *file =
		    template_folder_find(folder, *root);

		if (file == NULL)
			continue;
		if (!text_starts(file->bytes, subject_mark))
			complaints_add_at(complaints, *root, 1, 1,
			    "must begin with '%s' and the subject",
			    subject_mark);
		for (size_t i = 0; i < NEEDED; i++)
			if (strstr(file->bytes, arena_format(arena, "{{%s}}",
						    markers[i].name)) == NULL)
				complaints_add_at(complaints, *root, 1, 1,
				    "the marker {{%s}} is missing; the law "
				    "asks for it",
				    markers[i].name);
	}
}

static void
fill(struct arena *arena, const struct confirm_mail *mail,
    const struct confirm_mail_to *to, const struct secret_key *key,
    struct render_dict *dict)
{
	const struct sender *sender = &mail->site->sender;
	const struct link_ids ids = { .subscriber = to->subscriber };

	render_dict_set(dict, "SENDER_NAME", sender->name);
	render_dict_set(dict, "SENDER_POSTAL", sender->postal);
	render_dict_set(dict, "SENDER_CONTACT", sender->contact);
	render_dict_set(dict, "CONFIRM_URL",
	    links_confirm_url(arena, key, sender, to->subscriber,
		to->valid_to_ms / MS_A_SECOND));
	render_dict_set(dict, "UNSUBSCRIBE_URL",
	    links_unsubscribe_url(arena, key, sender, ids));
	render_dict_set(dict, "ADDRESS", to->address);
	render_dict_set(dict, "VALID_UNTIL",
	    arena_strndup(arena, now_format_local(arena, to->valid_to_ms), 16));
	render_dict_set(dict, "NAME", to->name);
	if (*to->name != '\0')
		render_dict_show(dict, "NAMED");
	if (to->wording != NULL) {
		render_dict_set(
		    dict, "WORDING_TEXT", text_trim(arena, to->wording));
		render_dict_show(dict, "WORDING");
	}
}

/* Lines end as mail wants it. */
static char *
end_lines(struct arena *arena, const char *text)
{
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, 4 * TEMPLATE_BYTES_MOST);
	for (; *text != '\0'; text++) {
		if (*text == '\r')
			continue;
		if (*text == '\n')
			buf_add_char(&out, '\r');
		buf_add_char(&out, *text);
	}
	return arena_strdup(arena, buf_str(&out));
}

/* The text with all that is personal in it. */
static bool
expand(struct arena *arena, const struct confirm_mail *mail,
    const struct confirm_mail_to *to, const struct secret_key *key,
    const char **ret_subject, const char **ret_body, struct err *err)
{
	struct render_dict *dict = render_dict_new();
	struct buf text GM_BUF_AT_EXIT;
	const char *subject;
	size_t chars;
	bool ok;

	buf_init(&text, 2 * TEMPLATE_BYTES_MOST);
	fill(arena, mail, to, key, dict);
	ok = render_expand(
	    mail->render, mail->files[to->language], dict, &text, err);
	render_dict_free(dict);
	if (!ok)
		return false;
	assert(text_starts(buf_str(&text), subject_mark));
	subject = buf_str(&text) + strlen(subject_mark);
	chars = strcspn(subject, "\r\n");
	*ret_subject = text_trim(arena, arena_strndup(arena, subject, chars));
	subject += chars;
	*ret_body = end_lines(
	    arena, unicode_fold(
		       arena, subject + strspn(subject, "\r\n"), COLUMNS, ""));
	return true;
}

bool
confirm_mail_compose(struct arena *arena, const struct confirm_mail *mail,
    const struct confirm_mail_to *to, const struct secret_key *key,
    const struct sign *sign, struct buf *out, const char **ret_message_id,
    struct err *err)
{
	struct plain_mail plain = {
		.sender = &mail->site->sender,
		.key = key,
		.sign = sign,
		.rcpt = to->address,
		.rcpt_name = to->name,
		.dated_ms = to->dated_ms,
		.number = to->number,
	};

	return expand(arena, mail, to, key, &plain.subject, &plain.body, err) &&
	       plain_mail_compose(arena, &plain, out, ret_message_id, err);
}
