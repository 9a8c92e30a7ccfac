#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

/*
 * What systemd wants to hear from a service of Type=notify: that it is ready,
 * what it is doing, that it is alive, that it is leaving. Only this room
 * includes libsystemd.
 *
 * Where the process was not started by systemd (NOTIFY_SOCKET is not set)
 * every function here does nothing, and a message that cannot be handed over
 * is lost silently: a runner's work never depends on it.
 *
 * NOTIFY_SOCKET and WATCHDOG_* stay in the environment, so children are to be
 * started without them (service_forget).
 */

#include <stdint.h>

#include "base/err.h"

/* The start is done: units ordered after this one may start. */
void service_ready(void);

/* One line for `systemctl status`; line breaks in it become spaces, and what
   is over 500 bytes is cut off between characters. */
void service_status(const char *fmt, ...) GM_PRINTF(1, 2);

/* A sign of life. To be called from the loop that does the work, so that a
   hanging loop is noticed. */
void service_watchdog(void);

/* Milliseconds between two signs of life: half of the unit's WatchdogSec; 0
   when this process is not watched. */
int64_t service_watchdog_interval_ms(void);

/* The end has begun: systemd no longer restarts the service for leaving, and
   gives it TimeoutStopSec to finish. */
void service_stopping(void);

/* Takes systemd's variables out of the environment. Afterwards, here and in
   children, everything in this room does nothing. */
void service_forget(void);

#endif
