#include "base/channel.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdint.h>

enum { THREADS = 4, NUMBERS = 20000 };

static void *
pointer(uintptr_t number)
{
	return (void *)number;
}

static bool
is_readable(struct channel *channel)
{
	struct pollfd poll_fd = { .fd = channel_fd(channel), .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

static void
test_order(void **state)
{
	struct channel *channel = channel_new();
	void *out[300];
	void *in[300];

	(void)state;
	for (uintptr_t i = 0; i < 300; i++)
		in[i] = pointer(i + 2);

	/* Taken in part first, so that the ring grows while it is wound. */
	channel_put(channel, in, 50);
	assert_int_equal(channel_take(channel, out, 30), 30);
	channel_put(channel, in + 50, 250);
	channel_put_first(channel, pointer(1));
	assert_int_equal(channel_poll(channel, out, 300), 271);
	assert_ptr_equal(out[0], pointer(1));
	for (uintptr_t i = 1; i < 271; i++)
		assert_ptr_equal(out[i], pointer(i + 31));
	assert_int_equal(channel_poll(channel, out, 300), 0);
	channel_free(channel);
}

/* Readable exactly while there are items, whoever takes them. */
static void
test_descriptor(void **state)
{
	struct channel *channel = channel_new();
	void *items[2] = { pointer(1), pointer(2) };

	(void)state;
	assert_false(is_readable(channel));
	channel_put(channel, items, 2);
	assert_true(is_readable(channel));
	assert_int_equal(channel_poll(channel, items, 1), 1);
	assert_true(is_readable(channel));
	assert_int_equal(channel_take(channel, items, 2), 1);
	assert_false(is_readable(channel));
	channel_put_first(channel, pointer(3));
	assert_true(is_readable(channel));
	channel_free(channel);
}

struct pair {
	struct channel *in;
	struct channel *out;
};

static void *
pass_on(void *context)
{
	struct pair *pair = context;
	void *items[3];
	size_t count;

	while ((count = channel_take(pair->in, items, 3)) > 0)
		channel_put(pair->out, items, count);
	return NULL;
}

/* Every item comes out once, and a close ends all who wait. */
static void
test_threads(void **state)
{
	struct pair pair = { channel_new(), channel_new() };
	pthread_t threads[THREADS];
	char *seen = calloc(NUMBERS + 1, 1);

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, pass_on, &pair), 0);
	for (uintptr_t i = 1; i <= NUMBERS; i++) {
		void *item = pointer(i);

		channel_put(pair.in, &item, 1);
	}
	for (size_t i = 0; i < NUMBERS; i++) {
		void *item;

		assert_int_equal(channel_take(pair.out, &item, 1), 1);
		assert_int_equal(seen[(uintptr_t)item]++, 0);
	}
	channel_close(pair.in);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	free(seen);
	channel_free(pair.in);
	channel_free(pair.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
