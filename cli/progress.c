#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, INTERVAL_US = 100000 };

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

void tt_progress_start(struct tt_progress *progress, const char *what, bool quiet)
{
    const char *term = getenv("TERM");
    *progress = (struct tt_progress){
        .on = !quiet && isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0),
        .what = what,
    };
    progress->started_us = now_us();
    progress->next_us = progress->started_us + 3 * INTERVAL_US; /* short work shows nothing */
}

void tt_progress_show(struct tt_progress *progress, uint64_t done, uint64_t total, const char *unit)
{
    if (!progress->on)
        return;
    int64_t now = now_us();
    if (now < progress->next_us)
        return;
    progress->next_us = now + INTERVAL_US;
    progress->shown = true;
    char bar[BAR_WIDTH + 1];
    unsigned filled = total == 0 ? 0 : (unsigned)((double)done / (double)total * BAR_WIDTH);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    double seconds = (double)(now - progress->started_us) / 1e6;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    if (total == 0)
        fprintf(stderr, "\r%s %llu %s, %.0f %s/s\x1b[K", progress->what, (unsigned long long)done,
                unit, rate, unit);
    else
        fprintf(stderr, "\r%s [%s] %3.0f %%  %.0f %s/s\x1b[K", progress->what, bar,
                100.0 * (double)done / (double)total, rate, unit);
}

void tt_progress_end(struct tt_progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\x1b[K");
    progress->on = progress->shown = false;
}
