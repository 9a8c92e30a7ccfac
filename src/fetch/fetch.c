#include "fetch/fetch.h"

#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/text.h"
#include "fetch/fetch_cache.h"

enum {
	CONNECT_MS = 7000,
	MOST_REDIRECTIONS = 8,
	WAIT_MS = 1000,
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	SILENT_MOST = 2, /* requests that a host leaves unanswered */
};

const struct fetch_wish fetch_usual = {
	.at_once = 16,
	.at_once_per_host = 2,
	.timeout_ms = 20 * SECOND,
	.keep_ms = 12 * 60 * (int64_t)MINUTE,
};

struct host {
	const char *name;
	int running; /* requests under way */
	int silent;  /* those that ran out of time */
};

/* A page that is asked for. */
struct request {
	struct fetch_link *link;
	struct host *host;
	CURL *handle; /* NULL unless it is under way */
	bool is_begun;
	bool by_get;
};

struct fetcher {
	struct arena *arena;
	const struct fetch_wish *wish;
	CURLM *multi;
	struct host *hosts;
	size_t host_count;
	struct request *requests;
	size_t count;
	size_t settled;
	size_t running;
};

/* The first byte is enough. */
static size_t
drop_body(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	(void)size;
	(void)count;
	(void)context;
	return 0;
}

static void
set_options(struct fetcher *fetcher, struct request *request)
{
	CURL *h = request->handle;

	curl_easy_setopt(h, CURLOPT_URL, request->link->url);
	curl_easy_setopt(h, CURLOPT_PRIVATE, request);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(h, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTIONS);
	curl_easy_setopt(h, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(
	    h, CURLOPT_TIMEOUT_MS, (long)fetcher->wish->timeout_ms);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "glocal-mail link check");
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, drop_body);
	if (request->by_get)
		curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
	else
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
}

static void
begin(struct fetcher *fetcher, struct request *request)
{
	request->handle = curl_easy_init();
	if (request->handle == NULL)
		mem_exhausted();
	request->is_begun = true;
	set_options(fetcher, request);
	if (curl_multi_add_handle(fetcher->multi, request->handle) != CURLM_OK)
		mem_exhausted();
	fetcher->running++;
	request->host->running++;
}

static void
answer(struct request *request, enum fetch_answer answer, const char *why)
{
	request->link->answer = answer;
	request->link->why = why;
}

/* What a reply says of the page; false when another way of asking may say
   more. */
static bool
judge_status(struct fetcher *fetcher, struct request *request, long status)
{
	const char *why = arena_format(fetcher->arena, "%ld", status);

	if (status >= 200 && status < 400)
		answer(request, FETCH_ALIVE, "");
	else if (!request->by_get)
		return false;
	else if (status == 404 || status == 410)
		answer(request, FETCH_DEAD, why);
	else
		answer(request, FETCH_UNSURE, why);
	return true;
}

static bool
judge(struct fetcher *fetcher, struct request *request, CURLcode result)
{
	long status = 0;

	curl_easy_getinfo(request->handle, CURLINFO_RESPONSE_CODE, &status);
	switch (result) {
	case CURLE_OK:
	case CURLE_WRITE_ERROR: /* we had the first byte */
		return judge_status(fetcher, request, status);
	case CURLE_COULDNT_RESOLVE_HOST:
		answer(request, FETCH_DEAD, "the name has no address");
		return true;
	case CURLE_URL_MALFORMAT:
		answer(request, FETCH_DEAD, "it is no address");
		return true;
	case CURLE_TOO_MANY_REDIRECTS:
		answer(request, FETCH_DEAD, "it redirects without end");
		return true;
	case CURLE_COULDNT_CONNECT:
		answer(request, FETCH_DEAD, "nobody answers there");
		return true;
	case CURLE_OPERATION_TIMEDOUT:
		request->host->silent++;
		answer(request, FETCH_UNSURE,
		    arena_format(fetcher->arena, "no answer within %g s",
			(double)fetcher->wish->timeout_ms / SECOND));
		return true;
	default:
		if (!request->by_get)
			return false;
		answer(request, FETCH_UNSURE,
		    arena_strdup(fetcher->arena, curl_easy_strerror(result)));
		return true;
	}
}

/* Takes what is done, and asks again by GET where HEAD was not enough. */
static void
take_results(struct fetcher *fetcher)
{
	struct CURLMsg *message;
	bool settled;
	int left;

	while ((message = curl_multi_info_read(fetcher->multi, &left))) {
		struct request *request = NULL;
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &request);
		settled = judge(fetcher, request, result);
		curl_multi_remove_handle(fetcher->multi, request->handle);
		curl_easy_cleanup(request->handle);
		request->handle = NULL;
		fetcher->running--;
		request->host->running--;
		fetcher->settled += settled;
		if (!settled) {
			request->by_get = true;
			begin(fetcher, request);
		}
	}
}

/* Begins what may begin. libcurl would count the time in its own queue, too.
   A host that was silent is not waited for again and again. */
static void
begin_next(struct fetcher *fetcher)
{
	for (size_t i = 0; i < fetcher->count; i++) {
		struct request *request = &fetcher->requests[i];

		if (request->is_begun)
			continue;
		if (request->host->silent >= SILENT_MOST) {
			answer(request, FETCH_UNSURE,
			    "its server left others unanswered");
			request->is_begun = true;
			fetcher->settled++;
		} else if (fetcher->running < (size_t)fetcher->wish->at_once &&
			   request->host->running <
			       fetcher->wish->at_once_per_host) {
			begin(fetcher, request);
		}
	}
}

static void
run(struct fetcher *fetcher)
{
	int running;

	while (fetcher->settled < fetcher->count) {
		begin_next(fetcher);
		if (curl_multi_perform(fetcher->multi, &running) != CURLM_OK)
			mem_exhausted();
		if (fetcher->running > 0 &&
		    (size_t)running == fetcher->running &&
		    curl_multi_poll(fetcher->multi, NULL, 0, WAIT_MS, NULL) !=
			CURLM_OK)
			mem_exhausted();
		take_results(fetcher);
	}
}

static bool
is_web(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 ||
	       strncasecmp(url, "https://", 8) == 0;
}

/* The address without what only the browser looks at. */
static const char *
cut_fragment(struct arena *arena, const char *url)
{
	return arena_strndup(arena, url, strcspn(url, "#"));
}

static const char *
cut_host(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return text_lower(
	    arena, arena_strndup(arena, host, strcspn(host, "/?")));
}

/* The entry of that host, a new one where there is none. */
static struct host *
find_host(struct fetcher *fetcher, const char *name)
{
	for (size_t i = 0; i < fetcher->host_count; i++)
		if (strcmp(fetcher->hosts[i].name, name) == 0)
			return &fetcher->hosts[i];
	fetcher->hosts[fetcher->host_count].name = name;
	return &fetcher->hosts[fetcher->host_count++];
}

/* The request for that page, when there is one. */
static struct request *
find_request(struct fetcher *fetcher, const char *url)
{
	for (size_t i = 0; i < fetcher->count; i++)
		if (strcmp(fetcher->requests[i].link->url, url) == 0)
			return &fetcher->requests[i];
	return NULL;
}

/* Finds what must be asked for: each page once, and none that the cache has. */
static void
plan(struct fetcher *fetcher, const struct fetch_cache *cache,
    const struct fetch_link *links, size_t count)
{
	fetcher->requests =
	    arena_take(fetcher->arena, count, sizeof(*fetcher->requests));
	fetcher->hosts =
	    arena_take(fetcher->arena, count, sizeof(*fetcher->hosts));
	for (size_t i = 0; i < count; i++) {
		const char *url = cut_fragment(fetcher->arena, links[i].url);
		struct fetch_link *page;

		if (!is_web(url) || find_request(fetcher, url) != NULL ||
		    (cache != NULL && fetch_cache_has(cache, url)))
			continue;
		page = arena_take(fetcher->arena, 1, sizeof(*page));
		page->url = url;
		fetcher->requests[fetcher->count].host =
		    find_host(fetcher, cut_host(fetcher->arena, url));
		fetcher->requests[fetcher->count++].link = page;
	}
}

/* Gives each link the answer of its page. */
static void
spread(struct fetcher *fetcher, struct fetch_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct request *request = find_request(
		    fetcher, cut_fragment(fetcher->arena, links[i].url));

		links[i].answer =
		    request != NULL ? request->link->answer : FETCH_ALIVE;
		links[i].why = request != NULL ? request->link->why : "";
	}
}

bool
fetch_links(struct arena *arena, const struct fetch_wish *wish,
    struct fetch_link *links, size_t count, struct err *err)
{
	struct fetcher fetcher = { .arena = arena, .wish = wish };
	struct fetch_cache *cache = NULL;
	bool ok = true;

	if (wish->cache != NULL)
		ok = fetch_cache_open(wish->cache, wish->keep_ms, &cache, err);
	if (!ok)
		cache = NULL;
	plan(&fetcher, cache, links, count);
	if (fetcher.count > 0) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		fetcher.multi = curl_multi_init();
		if (fetcher.multi == NULL)
			mem_exhausted();
		run(&fetcher);
		curl_multi_cleanup(fetcher.multi);
	}
	for (size_t i = 0; cache != NULL && i < fetcher.count; i++)
		if (fetcher.requests[i].link->answer == FETCH_ALIVE)
			fetch_cache_add(cache, fetcher.requests[i].link->url);
	spread(&fetcher, links, count);
	if (cache != NULL)
		ok = fetch_cache_save(cache, err) && ok;
	fetch_cache_free(cache);
	return ok;
}
