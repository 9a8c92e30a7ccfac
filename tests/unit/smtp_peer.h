#ifndef TESTS_UNIT_SMTP_PEER_H
#define TESTS_UNIT_SMTP_PEER_H

/* A server that says and wants to hear exactly what a test lays down. */

#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smtp_run.h"

enum { SILENCE_MS = 60 };

enum then {
	ANYHOW,
	SILENCE, /* nothing more for SILENCE_MS */
	AT_ONCE, /* the same, and all of it came in one read */
	LATELY,  /* the same; now what is late may come, and has come before
		    the next is said */
};

/* What the peer says, and what must come then. */
struct step {
	const char *say;
	const char *hear; /* NULL: read nothing until the end */
	enum then then;
};

/* Waits until there is something, then reads once. */
static inline bool
hear_at_once(int fd, const char *text)
{
	char got[8192];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t n;

	poll(&wait, 1, -1);
	n = read(fd, got, sizeof(got));
	if (n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0)
		return true;
	fprintf(stderr, "peer: wanted at once '%s', got '%.*s'\n", text,
	    (int)(n > 0 ? n : 0), got);
	return false;
}

static inline bool
hear(int fd, const char *text)
{
	char got[512];

	for (size_t at = 0; text[at] != '\0';) {
		size_t want = strlen(text + at);
		ssize_t n =
		    read(fd, got, want < sizeof(got) ? want : sizeof(got));

		if (n <= 0 || memcmp(got, text + at, (size_t)n) != 0) {
			fprintf(stderr, "peer: wanted '%s', got '%.*s'\n",
			    text + at, (int)(n > 0 ? n : 0), got);
			return false;
		}
		at += (size_t)n;
	}
	return true;
}

static inline bool
pass_late(int gate)
{
	char word = 0;

	return write(gate, &word, 1) == 1 && read(gate, &word, 1) == 1;
}

static inline int
play(int listener, int gate, const struct step *steps, size_t count)
{
	int fd = accept(listener, NULL, NULL);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	for (size_t i = 0; i < count; i++) {
		if (steps[i].hear == NULL) {
			if (write(fd, steps[i].say, strlen(steps[i].say)) < 0)
				return 1;
			pause();
		}
		if (write(fd, steps[i].say, strlen(steps[i].say)) < 0 ||
		    !(steps[i].then == AT_ONCE ? hear_at_once : hear)(
			fd, steps[i].hear))
			return 1;
		if (steps[i].then != ANYHOW &&
		    poll(&wait, 1, SILENCE_MS) != 0) {
			fprintf(stderr, "peer: no silence at %zu\n", i);
			return 1;
		}
		if (steps[i].then == LATELY && !pass_late(gate))
			return 1;
	}
	close(fd);
	return 0;
}

/* Runs against a peer in a process of its own; true when it was content. */
static inline bool
drive_against(struct run *run, const struct step *steps, size_t count)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = -1;
	int gate[2];
	pid_t pid;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&at, &length), 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(PATIENCE_MS / 1000);
		close(gate[0]);
		_exit(play(listener, gate[1], steps, count));
	}
	close(listener);
	close(gate[1]);
	run->gate = gate[0];
	drive(run, ntohs(at.sin_port));
	close(gate[0]);
	if (steps[count - 1].hear == NULL) {
		kill(pid, SIGTERM);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define GREETING                                             \
	{                                                    \
		"220 x\r\n", "EHLO here.example\r\n", ANYHOW \
	}
#define PIPELINED "250-x\r\n250-SIZE 1000\r\n250 PIPELINING\r\n"
#define ENVELOPE(n)                                         \
	"MAIL FROM:<b+1@s.example> SIZE=32\r\nRCPT TO:<r" n \
	"@x.example>\r\nDATA\r\n"
#define DOTTED "Subject: test\r\n\r\n..one\r\ntwo\r\n...\r\n.\r\n"

#endif
