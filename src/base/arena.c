#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20 };

struct block {
	struct block *older;
	size_t room;
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *newest;
	size_t next_room;
};

static struct block *
new_block(struct block *older, size_t room)
{
	struct block *block = mem_resize(NULL, sizeof(*block) + room, 1);

	block->older = older;
	block->room = room;
	block->used = 0;
	return block;
}

struct arena *
arena_new(void)
{
	struct arena *arena = mem_new(1, sizeof(*arena));

	arena->newest = new_block(NULL, FIRST_BLOCK);
	arena->next_room = 2 * FIRST_BLOCK;
	return arena;
}

static void
free_down_to(struct arena *arena, const struct block *last)
{
	while (arena->newest != last) {
		struct block *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	free_down_to(arena, NULL);
	free(arena);
}

size_t
arena_bytes(const struct arena *arena)
{
	size_t bytes = sizeof(*arena);

	for (const struct block *b = arena->newest; b != NULL; b = b->older)
		bytes += sizeof(*b) + b->room;
	return bytes;
}

void
arena_reset(struct arena *arena)
{
	struct block *first = arena->newest;

	while (first->older != NULL)
		first = first->older;
	free_down_to(arena, first);
	first->used = 0;
	arena->next_room = 2 * FIRST_BLOCK;
}

void *
arena_take(struct arena *arena, size_t count, size_t size)
{
	size_t align = alignof(max_align_t);
	size_t bytes;
	void *piece;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		abort();
	bytes = (bytes + align - 1) / align * align;
	if (arena->newest->room - arena->newest->used < bytes) {
		size_t room = arena->next_room;

		if (arena->next_room < LARGEST_STEP)
			arena->next_room *= 2;
		arena->newest =
		    new_block(arena->newest, bytes > room ? bytes : room);
	}
	piece = arena->newest->bytes + arena->newest->used;
	arena->newest->used += bytes;
	return memset(piece, 0, bytes);
}

void *
arena_copy(struct arena *arena, const void *from, size_t bytes)
{
	char *copy = arena_take(arena, bytes + 1, 1);

	if (bytes != 0)
		memcpy(copy, from, bytes);
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *s)
{
	return arena_copy(arena, s, strlen(s));
}

char *
arena_strndup(struct arena *arena, const char *s, size_t bytes)
{
	return arena_copy(arena, s, strnlen(s, bytes));
}

char *
arena_format(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *copy;
	char *text;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	copy = arena_strdup(arena, text);
	free(text);
	return copy;
}

void
arena_free_at(struct arena **variable)
{
	arena_free(*variable);
}
