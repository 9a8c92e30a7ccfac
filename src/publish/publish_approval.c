#include "publish/publish_approval.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/now.h"
#include "secret/secret.h"

enum {
	MANIFEST_MOST = 4 * 1000 * 1000,
	HEX = 2 * SECRET_HASH_BYTES,
	CHANGES_NAMED = 5,
};

/* ---- the manifest: a line "SHA-256 PATH" for each file, by path */

/* Without the line that depends on the day. */
static void
hash_sender(const struct material_file *file,
    unsigned char ret_sha256[SECRET_HASH_BYTES])
{
	static const char offset[] = "\nutc_offset_min\t";
	const char *cut =
	    memmem(file->bytes, file->count, offset, sizeof(offset) - 1);
	size_t count = cut != NULL ? (size_t)(cut - file->bytes) : file->count;

	secret_sha256(file->bytes, count, ret_sha256);
}

static void
add_line(struct buf *out, const struct material_file *file)
{
	unsigned char sha256[SECRET_HASH_BYTES];

	if (text_equal(file->path, "sender.txt"))
		hash_sender(file, sha256);
	else
		secret_sha256(file->bytes, file->count, sha256);
	for (size_t i = 0; i < sizeof(sha256); i++)
		buf_add_format(out, "%02x", sha256[i]);
	buf_add_format(out, " %s\n", file->path);
}

static int
compare_paths(const void *a, const void *b)
{
	const struct material_file *const *left = a;
	const struct material_file *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

static const char *
make_manifest(struct arena *arena, const struct material_files *files)
{
	const struct material_file **sorted =
	    arena_take(arena, files->count, sizeof(*sorted));
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, MANIFEST_MOST);
	for (size_t i = 0; i < files->count; i++)
		sorted[i] = &files->items[i];
	qsort(sorted, files->count, sizeof(*sorted), compare_paths);
	for (size_t i = 0; i < files->count; i++)
		if (!text_equal(sorted[i]->path, "dkim.txt"))
			add_line(&out, sorted[i]);
	return arena_strdup(arena, buf_str(&out));
}

/* ---- what differs */

/* The path of a line; NULL behind the last one. */
static const char *
path_of(const char *line)
{
	return *line != '\0' ? line + HEX + 1 : NULL;
}

static int
compare_lines(const char *a, const char *b)
{
	size_t a_bytes, b_bytes, least;
	int order;

	if (*a == '\0' || *b == '\0')
		return (*a == '\0') - (*b == '\0');
	a_bytes = strcspn(path_of(a), "\n");
	b_bytes = strcspn(path_of(b), "\n");
	least = a_bytes < b_bytes ? a_bytes : b_bytes;
	order = memcmp(path_of(a), path_of(b), least);
	return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static const char *
next_line(const char *line)
{
	const char *end = strchrnul(line, '\n');

	return *end != '\0' ? end + 1 : end;
}

/* As the author knows the files. */
static void
name_change(struct buf *out, size_t number, const char *line, const char *what)
{
	const char *path = path_of(line);
	size_t bytes = strcspn(path, "\n");
	static const struct {
		const char *path, *name;
	} names[] = {
		{ "sender.txt", "who sends (configuration)" },
		{ "tailoring.txt", "tailoring (configuration)" },
		{ "tags.tsv", "the labels of tags" },
		{ "places.tsv", "the names of places" },
		{ "content/images.txt", "the pictures" },
	};

	if (number == CHANGES_NAMED)
		buf_add_str(out, ", and more");
	if (number >= CHANGES_NAMED)
		return;
	buf_add_str(out, number > 0 ? ", " : "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].path) == bytes &&
		    memcmp(names[i].path, path, bytes) == 0) {
			buf_add_format(out, "%s changed", names[i].name);
			return;
		}
	if (text_starts(path, "content/")) {
		path += strlen("content/");
		bytes -= strlen("content/");
	}
	buf_add_format(out, "%.*s %s", (int)bytes, path, what);
}

/* Walks both manifests at once, for they are sorted. */
static const char *
tell_changes(struct arena *arena, const char *old, const char *new)
{
	struct buf out GM_BUF_AT_EXIT;
	size_t changes = 0;

	buf_init(&out, MANIFEST_MOST);
	while (*old != '\0' || *new != '\0') {
		int order = compare_lines(old, new);

		if (order < 0)
			name_change(&out, changes++, old, "is gone");
		else if (order > 0)
			name_change(&out, changes++, new, "is new");
		else if (memcmp(old, new, HEX) != 0)
			name_change(&out, changes++, new, "changed");
		if (order <= 0)
			old = next_line(old);
		if (order >= 0)
			new = next_line(new);
	}
	return arena_strdup(arena, buf_str(&out));
}

/* ---- verdicts */

static struct publish_verdict
judge(struct arena *arena, const struct store_approvals *list,
    const char *manifest, const char *operator)
{
	struct publish_verdict verdict = {
		.consent = PUBLISH_NOT_APPROVED,
		.by = "",
		.changes = "",
	};

	for (size_t i = 0; i < list->count; i++) {
		const struct store_approval *row = &list->items[i];
		bool same = text_equal(row->manifest, manifest);
		enum publish_consent consent = PUBLISH_CHANGED;

		if (row->withdrawn_ms != 0)
			continue;
		if (same)
			consent = text_equal(row->operator, operator)
				      ? PUBLISH_SAME_PERSON
				      : PUBLISH_APPROVED;

		/* The newest of what fits best. */
		if (verdict.consent == PUBLISH_APPROVED ||
		    (verdict.consent != PUBLISH_NOT_APPROVED &&
			(consent == PUBLISH_CHANGED ||
			    consent == verdict.consent)))
			continue;
		verdict.consent = consent;
		verdict.by = row->operator;
		verdict.at_ms = row->at_ms;
		verdict.changes =
		    same ? "" : tell_changes(arena, row->manifest, manifest);
	}
	return verdict;
}

bool
publish_approval_judge(struct arena *arena, struct store *store,
    const char *issue, const struct material_files *files, const char *operator,
    struct publish_verdict * ret_verdict, struct err *err)
{
	struct store_approvals list;

	if (!store_approval_list(arena, store, issue, &list, err))
		return false;
	*ret_verdict =
	    judge(arena, &list, make_manifest(arena, files), operator);
	return true;
}

const char *
publish_approval_text(struct arena *arena, const char *issue,
    const struct publish_verdict *verdict)
{
	const char *when = now_format_local(arena, verdict->at_ms);

	switch (verdict->consent) {
	case PUBLISH_APPROVED:
		return arena_format(
		    arena, "approved by %s, %s", verdict->by, when);
	case PUBLISH_CHANGED:
		return arena_format(arena,
		    "changed since %s approved it (%s): %s; it needs a new "
		    "`glocal-mail approve %s`",
		    verdict->by, when, verdict->changes, issue);
	case PUBLISH_SAME_PERSON:
		return arena_format(arena,
		    "approved by %s alone, who is the one that sends; another "
		    "person runs `glocal-mail approve %s`",
		    verdict->by, issue);
	default:
		return arena_format(arena,
		    "not approved; another person than the one who sends runs "
		    "`glocal-mail approve %s`",
		    issue);
	}
}

bool
publish_approval_demand(struct store *store, const char *issue,
    const struct material_files *files, const char *operator, struct err * err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct publish_verdict verdict;

	if (!publish_approval_judge(
		arena, store, issue, files, operator, & verdict, err))
		return false;
	return verdict.consent == PUBLISH_APPROVED ||
	       err_set(err, ERR_NO_PERM, "issue %s: %s", issue,
		   publish_approval_text(arena, issue, &verdict));
}

/* ---- the commands */

static bool
record(struct arena *arena, struct store *store, const char *issue,
    const char *manifest, const char *operator, bool * ret_new, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_approval approval = {
		.issue = issue,
		.manifest = manifest,
		.operator= operator,
		.at_ms = now_ms(),
	};
	struct store_approvals list;

	secret_sha256(manifest, strlen(manifest), approval.sha256);
	if (!store_begin(store, err) ||
	    !store_approval_list(arena, store, issue, &list, err))
		return false;
	*ret_new = true;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].withdrawn_ms == 0 &&
		    text_equal(list.items[i].operator, operator) &&
		    text_equal(list.items[i].manifest, manifest))
			*ret_new = false;
	return !*ret_new || (store_approval_add(store, &approval, err) &&
				store_commit(guard, err));
}

bool
publish_approve(const struct site *site, struct store *store, const char *issue,
    const char *operator, struct complaints * complaints, bool *ret_new,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct material *material = NULL;
	struct material_files files;

	/* What could not be planned is not approved. */
	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	material_close(material);
	return record(arena, store, issue,
	    make_manifest(arena, &files), operator, ret_new, err);
}

bool
publish_approvals(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *operator,
    struct complaints * complaints, struct store_approvals *ret_list,
    struct publish_verdict *ret_verdict, struct err *err)
{
	struct material_files files;

	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !store_approval_list(arena, store, issue, ret_list, err))
		return false;
	*ret_verdict =
	    judge(arena, ret_list, make_manifest(arena, &files), operator);
	return true;
}

bool
publish_approval_withdraw(struct store *store, const char *issue,
    const char *operator, int64_t * ret_count, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;

	if (!store_begin(store, err) ||
	    !store_approval_withdraw(
		store, issue, operator, now_ms(), ret_count, err))
		return false;
	if (*ret_count == 0)
		return err_set(
		    err, ERR_NO_INPUT, "no approval of issue %s stands", issue);
	return store_commit(guard, err);
}
