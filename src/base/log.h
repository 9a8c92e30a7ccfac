#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Lines for the operator on standard error, for floors 4 and up (lower ones
 * return errors). Under systemd (JOURNAL_STREAM is set) a line begins with its
 * syslog priority "<6>", on a terminal and elsewhere with the local time.
 */

#include "base/err.h"

void log_info(const char *fmt, ...) GM_PRINTF(1, 2);
void log_warning(const char *fmt, ...) GM_PRINTF(1, 2);
void log_alarm(const char *fmt, ...) GM_PRINTF(1, 2);

/* Informational lines are left out while quiet (tests, --quiet). */
void log_set_quiet(bool quiet);

#endif
