#ifndef DELIVER_HOOK_H
#define DELIVER_HOOK_H

/*
 * Inside deliver/: runs a program of the operator's for each alarm, one at a
 * time, without ever waiting for it: hook_tick looks after it. No shell: the
 * words are arguments, the text is on standard input; what it prints is
 * dropped. What runs longer than 30 seconds is killed. Its failure is a line in
 * the log.
 */

struct hook;

/* `program` is the caller's. */
struct hook *hook_new(const char *program);

/* Gives what is under way, and what waits, five seconds in all. NULL is
   allowed. */
void hook_free(struct hook *hook);

/* Runs it when its turn comes. Copies all three. */
void hook_add(
    struct hook *hook, const char *kind, const char *subject, const char *text);

/* To be called about twice a second. */
void hook_tick(struct hook *hook);

#endif
