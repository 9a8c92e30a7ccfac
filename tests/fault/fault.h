#ifndef FAULT_H
#define FAULT_H

/* Between fault.c, which counts calls and lets one fail, and fault_cut.c,
   which takes back what was written but not made durable. */

#include <stddef.h>
#include <sys/types.h>

/* To be called before `count` bytes are written at `offset`, before a file is
   made shorter (to `offset`, with count 0), and when all of it is durable. */
void fault_cut_writing(int fd, off_t offset, size_t count);
void fault_cut_synced(int fd);

/* As when the power fails: what is not durable is lost, all of it or every
   other write, and the process ends. */
void fault_cut(int every_other) __attribute__((noreturn));

#endif
