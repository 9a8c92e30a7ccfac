#include "service/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A stand-in for systemd: a datagram socket in the abstract namespace. */
static int listener = -1;

static int
start_listening(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	socklen_t length = offsetof(struct sockaddr_un, sun_path);
	char name[80];

	(void)state;
	snprintf(name, sizeof(name), "@glocal-mail-%ld", (long)getpid());
	memcpy(a.sun_path + 1, name + 1, strlen(name) - 1);
	length += (socklen_t)strlen(name);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(0, setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO,
				&patience, sizeof(patience)));
	assert_int_equal(0, bind(listener, (struct sockaddr *)&a, length));
	setenv("NOTIFY_SOCKET", name, 1);
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	return 0;
}

static int
stop_listening(void **state)
{
	(void)state;
	service_forget();
	return close(listener);
}

static const char *
hear(int flags)
{
	static char heard[4096];
	ssize_t n = recv(listener, heard, sizeof(heard) - 1, flags);

	if (n < 0)
		return NULL;
	heard[n] = '\0';
	return heard;
}

static void
tells_each_state(void **state)
{
	(void)state;
	service_ready();
	assert_string_equal(hear(0), "READY=1");
	service_watchdog();
	assert_string_equal(hear(0), "WATCHDOG=1");
	service_stopping();
	assert_string_equal(hear(0), "STOPPING=1");
	service_status("%s: %d left", "2026-04", 17);
	assert_string_equal(hear(0), "STATUS=2026-04: 17 left");
}

static void
keeps_status_one_line(void **state)
{
	char text[700], expected[600];

	(void)state;
	service_status("%s", "a\nWATCHDOG=trigger\r\nb");
	assert_string_equal(hear(0), "STATUS=a WATCHDOG=trigger  b");

	/* 500 bytes end inside the 167th three-byte character. */
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe7\x9c\x81", 4);
	service_status("%s", text);
	memcpy(expected, "STATUS=", 7);
	memcpy(expected + 7, text, 498);
	expected[505] = '\0';
	assert_string_equal(hear(0), expected);
}

static void
knows_the_watch(void **state)
{
	static const struct {
		const char *pid, *usec;
		int64_t interval_ms;
	} cases[] = {
		{ NULL, NULL, 0 },
		{ "self", "30000000", 15000 },
		{ NULL, "30000000", 15000 },
		{ "1", "30000000", 0 },
		{ "self", "1500", 1 },
	};
	char self[24];

	(void)state;
	snprintf(self, sizeof(self), "%ld", (long)getpid());
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *pid = cases[i].pid;

		unsetenv("WATCHDOG_PID");
		unsetenv("WATCHDOG_USEC");
		if (pid)
			setenv("WATCHDOG_PID",
			    strcmp(pid, "self") == 0 ? self : pid, 1);
		if (cases[i].usec)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		assert_int_equal(
		    service_watchdog_interval_ms(), cases[i].interval_ms);
	}
}

static void
is_silent_without_systemd(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "1000000", 1);
	service_forget();
	service_ready();
	service_status("nobody hears this");
	service_watchdog();
	service_stopping();
	assert_int_equal(service_watchdog_interval_ms(), 0);
	assert_null(hear(MSG_DONTWAIT));
}

int
main(void)
{
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, start_listening, stop_listening)
	const struct CMUnitTest tests[] = {
		TEST(tells_each_state),
		TEST(keeps_status_one_line),
		TEST(knows_the_watch),
		TEST(is_silent_without_systemd),
	};
#undef TEST

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
