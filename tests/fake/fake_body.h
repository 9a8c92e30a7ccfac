/*
 * The body reads the octets of one message as they arrive, by DATA (dotted,
 * RFC 5321 4.5.2) or by BDAT (counted, RFC 3030), and finds the end of a dotted
 * one.  Only CR LF ends a line here, so nothing but CR LF . CR LF ends a dotted
 * message.  If asked, it notes every flaw of form and keeps the octets; if not,
 * it looks for dots alone, and at counted octets not at all.
 */
#ifndef FAKE_BODY_H
#define FAKE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_flaw {
	FAKE_FLAW_BARE_CR = 1 << 0,
	FAKE_FLAW_BARE_LF = 1 << 1,
	FAKE_FLAW_LONG_LINE = 1 << 2, /* more than 998 octets and CR LF */
	FAKE_FLAW_8BIT_HEADER = 1 << 3,
	FAKE_FLAW_8BIT_BODY = 1 << 4,
	FAKE_FLAW_NO_FINAL_CRLF = 1 << 5,
};

enum fake_care {
	FAKE_CARE_END,   /* only where the message ends, and its size */
	FAKE_CARE_FLAWS, /* also what is wrong with it */
	FAKE_CARE_KEEP,  /* also collect its octets in kept */
};

struct fake_body {
	bool dotted; /* undo dot-stuffing and end at the lone dot */
	enum fake_care care;
	bool in_header;
	unsigned char before; /* the octet before this one */
	uint8_t place;        /* private: where in a line we are */
	unsigned flaws;       /* enum fake_flaw, or-ed */
	uint64_t bytes;       /* octets of the message, dots undone */
	size_t line;          /* octets of this line so far, CR included */
	char *kept;
	size_t kept_len, kept_cap;
};

/* Begin a message; the buffer of an earlier one is used again. */
void fake_body_start(struct fake_body *b, bool dotted, enum fake_care care);

/*
 * Take up to N octets and return how many belonged to the message, its ending
 * dot included.  *RET_END becomes true when a dotted message has ended.
 */
size_t fake_body_feed(
    struct fake_body *b, const char *bytes, size_t n, bool *ret_end);

/* No more octets will come: note what is missing. */
void fake_body_finish(struct fake_body *b);

void fake_body_clear(struct fake_body *b);

#endif
