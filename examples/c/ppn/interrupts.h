/* SIGINT and SIGTERM as something to look at, for commands that end cleanly. */
#ifndef PPN_INTERRUPTS_H
#define PPN_INTERRUPTS_H

#include <signal.h>

/* How long a wait may overlook an interrupt: no function of the library may be called in a signal handler. */
enum { WAIT_MS = 100 };

extern volatile sig_atomic_t interrupted; /* the number of the signal; 0: none came */

/* From now on. A second interrupt ends the program at once, should a terminal or a full pipe hold it. */
void catch_interrupts(void);

#endif
