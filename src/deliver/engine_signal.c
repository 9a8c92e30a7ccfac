#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "deliver/engine.h"

static void
handle_signal(int fd, int events_, void *context)
{
	struct engine *engine = context;
	struct signalfd_siginfo info;

	(void)events_;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP &&
		    engine->options->reload != NULL) {
			engine->reload_asked = true;
			continue;
		}
		engine->signals++;
		if (engine->signals == 1)
			log_info("finishing the messages in flight; once more "
				 "to leave at once");
	}
}

/* Whoever started us to ignore a signal (nohup) is obeyed. */
static void
add_signal(sigset_t *set, int signal_number)
{
	struct sigaction action;

	if (sigaction(signal_number, NULL, &action) == 0 &&
	    action.sa_handler != SIG_IGN)
		sigaddset(set, signal_number);
}

bool
engine_signal_catch(struct engine *engine, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	add_signal(&set, SIGHUP); /* the terminal is gone, or `reload` */
	sigprocmask(SIG_BLOCK, &set, &engine->signals_before);
	engine->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (engine->signal_fd < 0)
		return err_errno(err, ERR_OS, "signalfd");
	engine->signal_watch = loop_watch(
	    engine->loop, engine->signal_fd, LOOP_READ, handle_signal, engine);
	return true;
}

void
engine_signal_release(struct engine *engine)
{
	if (engine->signal_fd >= 0) {
		loop_unwatch(engine->signal_watch);
		close(engine->signal_fd);
	}
	sigprocmask(SIG_SETMASK, &engine->signals_before, NULL);
}

void
engine_signal_reload(struct engine *engine)
{
	const struct deliver_options *options = engine->options;
	const struct site *site;

	if (!engine->reload_asked)
		return;
	engine->reload_asked = false;
	site = options->reload(options->context);
	if (site == NULL)
		return;
	engine->site = site;
	engine_pace_renew(engine);
	relays_set(engine->relays, site->relays, site->relay_count);
	engine_lanes_look(engine);
	engine_alarm_prune(engine);
	log_info("the configuration was read anew: pace, relays, timeouts");
	if ((size_t)relays_connections(engine->relays) > engine->lane_count)
		log_warning("more than %zu connections in all need a restart",
		    engine->lane_count);
}
