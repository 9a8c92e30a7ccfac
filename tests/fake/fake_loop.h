/*
 * The loop carries octets between sockets and sessions, with epoll, in one
 * thread, and watches the clock and the signals: SIGTERM and SIGINT end it,
 * SIGUSR1 prints the counters.
 */
#ifndef FAKE_LOOP_H
#define FAKE_LOOP_H

#include "fake_session.h"

/* Block the signals the loop waits for; call it before anything is slow. */
void fake_loop_block_signals(void);

/*
 * Serve the clients of LISTEN_FD until a signal comes or MAX_SECONDS are
 * over.  Returns 0, or a sysexits status after a complaint to stderr.
 */
int fake_loop_run(
    const struct fake_server *server, int listen_fd, uint64_t max_seconds);

#endif
