#include "people/people_domains.h"

#include <search.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/store_domain.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static const int64_t kept_ms = 24 * (int64_t)HOUR_MS;
static const int64_t forgotten_ms = 30 * 24 * (int64_t)HOUR_MS;

/* A domain and what is known of it. */
struct domain {
	const char *name;
	enum dns_answer answer;
	const char *detail;
	bool known; /* from the cache, or answered now */
	GM_VEC(const char *) addresses;
};

struct work {
	struct arena *arena;
	void *tree; /* of tsearch(3), by name */
	GM_VEC(struct domain *) all;
	GM_VEC(struct domain *) questions;
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(
	    ((const struct domain *)a)->name, ((const struct domain *)b)->name);
}

static struct domain *
find_domain(struct work *work, const char *address)
{
	const struct domain key = { .name = strrchr(address, '@') + 1 };
	void *found = tfind(&key, &work->tree, compare_names);

	return found != NULL ? *(struct domain **)found : NULL;
}

static void
note_domain(const char *address, void *context)
{
	struct work *work = context;
	struct domain *domain;

	if (strchr(address, '@') == NULL || find_domain(work, address) != NULL)
		return;
	domain = arena_take(work->arena, 1, sizeof(*domain));
	domain->name = arena_strdup(work->arena, strrchr(address, '@') + 1);
	domain->answer = DNS_UNKNOWN;
	domain->detail = "";
	if (tsearch(domain, &work->tree, compare_names) == NULL)
		mem_exhausted();
	vec_push(&work->all, domain);
}

static bool
parse_answer(const char *text, enum dns_answer *ret_answer)
{
	for (int i = 0; i < DNS_ANSWERS; i++)
		if (text_equal(text, dns_answer((enum dns_answer)i))) {
			*ret_answer = (enum dns_answer)i;
			return true;
		}
	return false;
}

/* What was asked within the last day need not be asked again. */
static bool
read_cache(struct work *work, struct store *store, struct err *err)
{
	int64_t since = now_ms() - kept_ms;

	for (size_t i = 0; i < work->all.count; i++) {
		struct domain *domain = work->all.items[i];
		struct store_domain *row;

		if (!store_domain_find(
			work->arena, store, domain->name, since, &row, err))
			return false;
		if (row != NULL && parse_answer(row->answer, &domain->answer)) {
			domain->known = true;
			domain->detail = row->detail;
		} else {
			vec_push(&work->questions, domain);
		}
	}
	return true;
}

static void
note_answer(
    size_t number, enum dns_answer answer, const char *detail, void *context)
{
	struct work *work = context;
	struct domain *domain = work->questions.items[number];

	domain->known = true;
	domain->answer = answer;
	domain->detail = arena_strdup(work->arena, detail);
}

static bool
ask(struct work *work, const struct dns_options *options, struct err *err)
{
	const char **names =
	    arena_take(work->arena, work->questions.count + 1, sizeof(*names));

	for (size_t i = 0; i < work->questions.count; i++)
		names[i] = work->questions.items[i]->name;
	return work->questions.count == 0 ||
	       dns_ask(options, names, work->questions.count, note_answer, work,
		   err);
}

/* An answer that did not come is no answer to keep. */
static bool
write_cache(struct work *work, struct store *store, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	int64_t now = now_ms();

	if (work->questions.count == 0)
		return true;
	if (!store_begin(store, err))
		return false;
	guard = store;
	if (!store_domain_forget(store, now - forgotten_ms, err))
		return false;
	for (size_t i = 0; i < work->questions.count; i++) {
		const struct domain *domain = work->questions.items[i];
		const struct store_domain row = { domain->name,
			dns_answer(domain->answer), domain->detail, now };

		if (domain->answer != DNS_UNKNOWN &&
		    !store_domain_put(store, &row, err))
			return false;
	}
	return store_commit(store, err);
}

static void
note_address(const char *address, void *context)
{
	struct work *work = context;
	struct domain *domain;

	if (strchr(address, '@') == NULL)
		return;
	domain = find_domain(work, address);
	if (domain != NULL && domain->answer != DNS_TAKES_MAIL)
		vec_push(
		    &domain->addresses, arena_strdup(work->arena, address));
}

static int
compare_domains(const void *a, const void *b)
{
	const struct people_domain *x = a;
	const struct people_domain *y = b;

	return strcmp(x->domain, y->domain);
}

/* Those that need an eye, by name. */
static struct people_domains
list_bad(struct work *work)
{
	struct people_domains list = {
		.items = arena_take(
		    work->arena, work->all.count + 1, sizeof(*list.items)),
		.all = work->all.count,
		.asked = work->questions.count,
	};

	for (size_t i = 0; i < work->all.count; i++) {
		const struct domain *domain = work->all.items[i];

		if (domain->answer == DNS_TAKES_MAIL)
			continue;
		if (domain->answer == DNS_UNKNOWN)
			list.unknown++;
		else
			list.dead_contacts += domain->addresses.count;
		list.items[list.count++] = (struct people_domain){
			.domain = domain->name,
			.answer = domain->answer,
			.detail = domain->detail,
			.addresses = { arena_copy(work->arena,
					   domain->addresses.items,
					   domain->addresses.count *
					       sizeof(const char *)),
			    domain->addresses.count },
		};
	}
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items),
		    compare_domains);
	return list;
}

static void
leave_node(void *node)
{
	(void)node; /* the arena's */
}

static void
clear(struct work *work)
{
	for (size_t i = 0; i < work->all.count; i++)
		vec_clear(&work->all.items[i]->addresses);
	tdestroy(work->tree, leave_node);
	vec_clear(&work->all);
	vec_clear(&work->questions);
}

bool
people_check_domains(struct arena *arena, struct store *store,
    const struct dns_options *options, struct people_domains *ret_domains,
    struct err *err)
{
	struct work work = { .arena = arena };
	bool ok = store_subscriber_mailable(store, note_domain, &work, err) &&
		  read_cache(&work, store, err) && ask(&work, options, err) &&
		  write_cache(&work, store, err) &&
		  store_subscriber_mailable(store, note_address, &work, err);

	if (ok)
		*ret_domains = list_bad(&work);
	clear(&work);
	return ok;
}
