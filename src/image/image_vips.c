#include "image/image_vips.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct image_vips vips;
static bool is_loaded;

/* POSIX lets an object pointer carry a function's; C needs the bytes copied. */
static bool
find(void *library, const char *name, void *ret_function, struct err *err)
{
	void *symbol = dlsym(library, name);

	if (symbol == NULL)
		return err_set(err, ERR_UNAVAILABLE, "libvips has no %s", name);
	memcpy(ret_function, &symbol, sizeof(symbol));
	return true;
}

/* What is wrong with a picture comes back as an error; nothing is printed. */
static void
drop_message(const char *domain, GLogLevelFlags level, const char *message,
    void *context)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)context;
}

/* Ends the library's threads before what they use is taken down. */
static void
shut_down(void)
{
	vips.vips_shutdown();
}

static bool
load(struct err *err)
{
	void *library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "pictures need libvips, which is not installed (%s); "
		    "Debian's package is libvips42",
		    dlerror());
#define X(name)                                     \
	if (!find(library, #name, &vips.name, err)) \
		return false;
	GM_IMAGE_VIPS(X)
#undef X
	if (vips.vips_init("glocal-mail") != 0)
		return err_set(err, ERR_UNAVAILABLE, "libvips: %s",
		    vips.vips_error_buffer());
	vips.vips_cache_set_max(0);
	(void)atexit(shut_down);
	vips.g_log_set_handler("VIPS",
	    (GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE |
			     G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG),
	    drop_message, NULL);
	return true;
}

bool
image_vips(const struct image_vips **ret_vips, struct err *err)
{
	pthread_mutex_lock(&lock);
	if (!is_loaded)
		is_loaded = load(err);
	pthread_mutex_unlock(&lock);
	*ret_vips = &vips;
	return is_loaded;
}
