#ifndef BASE_VEC_H
#define BASE_VEC_H

/*
 * Growing arrays. A vector is any struct with the members
 * `T *items; size_t count; size_t room;`, valid after `= { 0 }`, freed with
 * vec_clear(); the elements themselves belong to whoever put them there.
 */

#include <stdlib.h>

#include "base/mem.h"

#define GM_VEC(type)          \
	struct {              \
		type *items;  \
		size_t count; \
		size_t room;  \
	}

/* Adds a copy of `item` at the end. */
#define vec_push(vec, item)                                                    \
	do {                                                                   \
		if ((vec)->count == (vec)->room) {                             \
			(vec)->room = (vec)->room ? 2 * (vec)->room : 8;       \
			(vec)->items = mem_resize(                             \
			    (vec)->items, (vec)->room, sizeof(*(vec)->items)); \
		}                                                              \
		(vec)->items[(vec)->count++] = (item);                         \
	} while (0)

#define vec_clear(vec)               \
	do {                         \
		free((vec)->items);  \
		(vec)->items = NULL; \
		(vec)->count = 0;    \
		(vec)->room = 0;     \
	} while (0)

#endif
