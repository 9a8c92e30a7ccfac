#ifndef BASE_STEP_H
#define BASE_STEP_H

/*
 * Names the moments that matter to what a crash leaves behind: before and
 * after each commit, each file that is made durable, each byte that binds us.
 * The program itself does nothing there. tests/crash links it once more with
 * an object that counts the steps and kills the process at one of them, so
 * that every one is proved to be a legal place to die.
 */

/* `name` reads "room: what was just done" and lives as long as the program.
   Any thread may call. */
void step_reached(const char *name);

#endif
