#ifndef MIME_MIME_STRETCH_H
#define MIME_MIME_STRETCH_H

/* A stretch of a shared body, within the room: encoded once, pointed to by
   every message that holds it. Of a body in base64 its encoding depends on how
   many bytes are carried to it, so there are three. */

#include <stdint.h>

#include "base/arena.h"
#include "mime/mime_encode.h"
#include "mime/mime_pen.h"

enum { MIME_STRETCH_PHASES = 3 };

/* What a stretch becomes behind 0, 2 or 1 carried bytes: its first 0, 1 or 2 go
   to those, whole threes are encoded on lines of their own, the rest is
   carried on. */
struct mime_stretch_phase {
	const char *bytes;
	size_t count;
	unsigned char rest[MIME_STRETCH_PHASES - 1];
	size_t rest_count;
};

struct mime_stretch {
	/* Quoted-printable: the first alone, whole, with its line break. */
	struct mime_stretch_phase phases[MIME_STRETCH_PHASES];
	bool is_pointed;

	/* Base64 alone: the stretch as it is, or of one that is pointed to its
	   first two bytes. */
	const char *plain;
	size_t plain_count;
};

/* The length of the first stretch of a text, about `spread` bytes. It ends at a
   line end that the line itself chooses, so that what two texts have in common
   is cut alike wherever it stands in them. */
size_t mime_stretch_cut(const char *bytes, size_t count, size_t spread);

/* Encodes a stretch; `is_pointed`: it will be pointed to, else copied. Of
   quoted-printable what follows begins a line of its own, by a soft line break
   where need be, or by a true one at the end of the body. */
void mime_stretch_quote(struct arena *arena, const char *bytes, size_t count,
    bool is_last, bool is_pointed, struct mime_stretch *ret_stretch);
void mime_stretch_phase(struct arena *arena, const char *bytes, size_t count,
    bool is_pointed, struct mime_stretch *ret_stretch);

/* The most that putting it writes. */
size_t mime_stretch_room(const struct mime_stretch *stretch, bool is_base64);

/* Writes it, or points to it, behind what is carried. */
void mime_stretch_put_quoted(
    const struct mime_stretch *stretch, struct mime_pen *pen);
void mime_stretch_put_base64(const struct mime_stretch *stretch,
    struct mime_base64 *body, struct mime_pen *pen);

#endif
