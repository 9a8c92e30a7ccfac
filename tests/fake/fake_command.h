/*
 * The commands of SMTP, one function each, and their table.
 */
#ifndef FAKE_COMMAND_H
#define FAKE_COMMAND_H

#include "fake_session.h"

/* Run the command in LINE, which has no line end and is written to. */
void fake_command_run(struct fake_session *s, char *line);

/* All octets of a chunk are read; only now it is answered (RFC 3030 2). */
void fake_command_finish_chunk(struct fake_session *s);

#endif
