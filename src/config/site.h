#ifndef CONFIG_SITE_H
#define CONFIG_SITE_H

/*
 * A site: the folder with glocal-mail.yaml, issues/, perhaps templates/, and
 * state/; and the configuration as values. site_open finds it, reads the file
 * through the table of options (option.h) and hands every complaint to the
 * caller's list in one run. Afterwards every value is within its range, every
 * path is absolute or begins with the site's folder, and no string is NULL.
 *
 * The password of a relay is read here from its password_file and is never
 * written anywhere. Everything lives in the caller's arena. This room changes
 * no global state: setting TZ from `sender.timezone` is left to cli/.
 */

#include "base/complaints.h"
#include "base/text.h"
#include "model/alarms.h"
#include "model/backoff.h"
#include "model/breaker.h"
#include "model/pace.h"
#include "model/reader.h"
#include "model/relay.h"
#include "model/retention.h"
#include "model/sender.h"

#define SITE_FILE "glocal-mail.yaml"

struct site {
	const char *folder; /* as found or given; paths of the site join it */
	const char *file;   /* the configuration file, for messages */
	struct sender sender;
	const char *store_url; /* "sqlite:PATH", PATH joined to the folder */
	const char *ehlo_name; /* how we greet relays */
	struct relay *relays;  /* at least one, in the order of the file */
	size_t relay_count;
	struct relay_timeouts timeouts;
	struct pace pace;
	struct backoff retry;
	struct breaker breaker;
	struct alarms alarms;
	bool hold_unknown; /* on_unknown: hold */
	int max_unknown;   /* rows SENDING at once; never 0 */
	struct dkim_key *dkim_keys;
	size_t dkim_count;
	struct tailoring tailoring;
	int64_t confirm_within_ms;
	struct retention retention;
	bool require_approval; /* what a second person approved is sent alone */
	bool images_inline;    /* mails carry their pictures */
};

/* The site's folder: `given` (--site) or, where that is NULL,
   $GLOCAL_MAIL_SITE, else the nearest of the working directory and its
   parents that has glocal-mail.yaml, else /etc/glocal-mail. Errors: ERR_CONFIG
   when there is none. */
bool site_find(struct arena *arena, const char *given, const char **ret_folder,
    struct err *err) GM_MUST_CHECK;

/* Finds and reads a site. Warnings and errors go to `complaints`, for the
   caller to print; false (ERR_CONFIG, its text the first complaint) when
   there is an error among them, or when there is no site. */
bool site_open(struct arena *arena, const char *given,
    struct complaints *complaints, struct site **ret_site,
    struct err *err) GM_MUST_CHECK;

/* As site_open, for whoever sends nothing: what is not filled in yet (sender,
   relays) is no fault and reads "" or 0; what is wrong still is one. */
bool site_open_partly(struct arena *arena, const char *given,
    struct complaints *complaints, struct site **ret_site,
    struct err *err) GM_MUST_CHECK;

/* As site_open for a configuration already in memory, as if it were the file
   of `folder`. */
bool site_parse(struct arena *arena, const char *folder, const char *text,
    size_t bytes, struct complaints *complaints, struct site **ret_site,
    struct err *err) GM_MUST_CHECK;

/* A path within the site: site_path(arena, site, "state/site.key"). */
char *site_path(struct arena *arena, const struct site *site, const char *name);

/* Where shipped data is ("templates", "config/municipalities.csv"): below
   $GLOCAL_MAIL_SHARE when that is set, else ../share/glocal-mail beside the
   program's folder, else the source tree that the program was built in.
   Errors: ERR_UNAVAILABLE. */
bool site_share(struct arena *arena, const char *name, char **ret_path,
    struct err *err) GM_MUST_CHECK;

#endif
