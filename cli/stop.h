/* Being asked to stop: SIGTERM and SIGINT set a flag; a second one ends the process at once,
 * with one line that says so. */
#ifndef TT_CLI_STOP_H
#define TT_CLI_STOP_H

#include <stdint.h>

/* Installs the handlers; returns the flag: 0, then 1. Once per process. */
const volatile int *tt_stop_listen(void);

/* From now on being asked to stop also ends the process, with status 3, once this much and five
 * seconds have passed. Where the system has no timer left there is no such end. */
void tt_stop_within(int64_t limit_us);

/* Being asked to read the settings again: SIGHUP adds 1 to the number returned. Waiting goes on. */
const volatile int *tt_reload_listen(void);

#endif
