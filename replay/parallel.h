/* Some work in parts, each by a thread of its own. */
#ifndef TT_REPLAY_PARALLEL_H
#define TT_REPLAY_PARALLEL_H

#include <stddef.h>

enum { TT_PARALLEL_MAX = 64 };

/* Calls run(context, 0) .. run(context, parts - 1), parts at most TT_PARALLEL_MAX, and returns when
 * all have. Part 0 runs in the calling thread, and so does every part for which no thread can be
 * started. */
void tt_parallel(size_t parts, void (*run)(void *context, size_t part), void *context);

#endif
