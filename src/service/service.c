#include "service/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <systemd/sd-daemon.h>

#define STATUS_BYTES 500

void
service_ready(void)
{
	sd_notify(0, "READY=1");
}

/* Cuts `s` to at most `bytes`, never inside a UTF-8 character. */
static void
cut_text(char *s, size_t bytes)
{
	while (bytes > 0 && ((unsigned char)s[bytes] & 0xc0) == 0x80)
		bytes--;
	s[bytes] = '\0';
}

void
service_status(const char *fmt, ...)
{
	char text[STATUS_BYTES + 4];
	va_list args;
	int count;

	va_start(args, fmt);
	count = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (count < 0)
		return;

	/* Keep it one line, or its rest would be read as further messages. */
	if (count > STATUS_BYTES)
		cut_text(text, STATUS_BYTES);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	sd_notifyf(0, "STATUS=%s", text);
}

void
service_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

int64_t
service_watchdog_interval_ms(void)
{
	uint64_t timeout_us = 0;

	if (sd_watchdog_enabled(0, &timeout_us) <= 0)
		return 0;

	/* A shorter watch than 2 ms is still a watch. */
	return timeout_us < 2000 ? 1 : (int64_t)(timeout_us / 2000);
}

void
service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void
service_forget(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}
