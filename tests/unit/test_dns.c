#include "dns/dns.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket that takes questions and answers none. */
static int
open_silence(char *ret_server)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t bytes = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, bytes), 0);
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
	sprintf(ret_server, "127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

struct seen {
	int counts[DNS_ANSWERS];
	int each[8];
};

static void
note(size_t number, enum dns_answer answer, const char *detail, void *context)
{
	struct seen *seen = context;

	assert_non_null(detail);
	seen->counts[answer]++;
	seen->each[number]++;
}

static int
count_questions(int fd)
{
	char bytes[512];
	int count = 0;

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		count++;
	return count;
}

/* Whoever does not answer is asked a few times, and all end as unknown. */
static void
test_silence(void **state)
{
	static const char *const domains[] = { "a.example", "b.example",
		"c.example", "d.example", "e.example" };
	char server[64];
	int fd = open_silence(server);
	struct dns_options options = { server, 20, 2, 3 };
	struct seen seen = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(dns_ask(&options, domains, 5, note, &seen, &err));
	assert_int_equal(seen.counts[DNS_UNKNOWN], 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(seen.each[i], 1);
	assert_int_equal(count_questions(fd), 10);
	close(fd);
}

/* Answers each question with bytes that are no answer, until it gets an empty
   one. */
static void *
talk_nonsense(void *context)
{
	int fd = *(int *)context;
	unsigned char bytes[1024];
	struct sockaddr_in peer;

	for (unsigned turn = 0;; turn++) {
		socklen_t peer_bytes = sizeof(peer);
		ssize_t count = recvfrom(fd, bytes, sizeof(bytes) / 2, 0,
		    (struct sockaddr *)&peer, &peer_bytes);

		if (count <= 0)
			return NULL;

		/* A reply with one record, cut off or out of its mind. */
		bytes[2] = 0x81;
		bytes[3] = 0x80;
		bytes[7] = (unsigned char)(1 + turn % 3);
		memset(bytes + count, turn % 2 ? 0xff : 0xc0, 24);
		sendto(fd, bytes, (size_t)count + turn % 24, 0,
		    (struct sockaddr *)&peer, peer_bytes);
	}
}

static void
test_nonsense(void **state)
{
	static const char *const domains[] = { "a.example", "b.example",
		"c.example", "d.example", "e.example", "f.example", "g.example",
		"h.example" };
	char server[64];
	int fd = open_silence(server);
	struct dns_options options = { server, 20, 3, 8 };
	struct sockaddr_in address;
	socklen_t bytes = sizeof(address);
	struct seen seen = { 0 };
	struct err err = { 0 };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, talk_nonsense, &fd), 0);
	assert_true(dns_ask(&options, domains, 8, note, &seen, &err));
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
	sendto(fd, "", 0, 0, (struct sockaddr *)&address, bytes);
	pthread_join(thread, NULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(seen.each[i], 1);
	assert_int_equal(seen.counts[DNS_UNKNOWN], 8);
	close(fd);
}

enum { AT_ONCE = 3, ROUNDS = 2 };

/* What a server that answers several questions only together saw. */
struct patient {
	int fd;
	int too_many; /* questions beyond those at once */
};

/* Waits for as many questions as may come at once, sees that no more come, and
   says that none of the names exist. */
static void *
answer_together(void *context)
{
	struct patient *patient = context;
	unsigned char bytes[AT_ONCE][512];
	struct sockaddr_in peers[AT_ONCE];
	ssize_t counts[AT_ONCE];
	struct pollfd poll_one = { patient->fd, POLLIN, 0 };

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < AT_ONCE; i++) {
			socklen_t peer_bytes = sizeof(peers[i]);

			counts[i] =
			    recvfrom(patient->fd, bytes[i], sizeof(bytes[i]), 0,
				(struct sockaddr *)&peers[i], &peer_bytes);
		}
		patient->too_many += poll(&poll_one, 1, 50);
		for (int i = 0; i < AT_ONCE && counts[i] > 0; i++) {
			bytes[i][2] = 0x81;
			bytes[i][3] = 0x83;
			sendto(patient->fd, bytes[i], (size_t)counts[i], 0,
			    (struct sockaddr *)&peers[i], sizeof(peers[i]));
		}
	}
	return NULL;
}

static void
test_at_once(void **state)
{
	static const char *const domains[AT_ONCE * ROUNDS] = { "a.example",
		"b.example", "c.example", "d.example", "e.example",
		"f.example" };
	char server[64];
	struct timeval patience = { 20, 0 };
	struct patient patient = { open_silence(server), 0 };
	struct dns_options options = { server, 10000, 1, AT_ONCE };
	struct seen seen = { 0 };
	struct err err = { 0 };
	pthread_t thread;

	(void)state;
	setsockopt(
	    patient.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(
	    pthread_create(&thread, NULL, answer_together, &patient), 0);
	assert_true(
	    dns_ask(&options, domains, AT_ONCE * ROUNDS, note, &seen, &err));
	pthread_join(thread, NULL);
	assert_int_equal(seen.counts[DNS_NO_DOMAIN], AT_ONCE * ROUNDS);
	assert_int_equal(patient.too_many, 0);
	close(patient.fd);
}

static void
test_no_server(void **state)
{
	static const char *const domains[] = { "a.example" };
	static const char *const servers[] = { "nowhere", "", "127.0.0.1:x" };
	struct seen seen = { 0 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct dns_options options = { servers[i], 20, 1, 3 };

		assert_false(dns_ask(&options, domains, 1, note, &seen, &err));
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_int_equal(seen.each[0], 0);
}

static void
test_bad_names(void **state)
{
	static const char *const domains[] = { "a..example", "",
		"a2345678901234567890123456789012345678901234567890123456789012"
		"34"
		"567890.example" };
	char server[64];
	int fd = open_silence(server);
	struct dns_options options = { server, 20, 1, 3 };
	struct seen seen = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(dns_ask(&options, domains, 3, note, &seen, &err));
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.each[i], 1);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_bad_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
