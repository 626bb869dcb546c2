/* A progress bar on stderr: one line, at most ten times a second, only on a terminal and not with
 * --quiet. Threads: one at a time. */
#ifndef TT_CLI_PROGRESS_H
#define TT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct tt_progress {
    bool on;
    bool shown;       /* something is on the line */
    const char *what; /* "reading"; borrowed */
    int64_t next_us;  /* monotonic time of the next drawing */
    int64_t started_us;
};

void tt_progress_start(struct tt_progress *progress, const char *what, bool quiet);
/* total 0: not known. unit: "MB", "events". */
void tt_progress_show(struct tt_progress *progress, uint64_t done, uint64_t total,
                      const char *unit);
/* Removes the bar. */
void tt_progress_end(struct tt_progress *progress);

#endif
