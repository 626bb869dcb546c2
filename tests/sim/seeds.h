/* Seeds that failed once. They run always. What a seed does changes when the simulator does; the
 * stories stay true. */
#ifndef TT_TESTS_SIM_SEEDS_H
#define TT_TESTS_SIM_SEEDS_H

#include <stdint.h>

static const struct {
    uint64_t seed;
    const char *story;
} tt_sim_seeds[] = {
    {749, "the store was away while workers connected: they asked every 50 ms, for the queue's "
          "answer made each wait the first"},
    {255, "a letter that came late got a new id, which was that of another bad entry: that one "
          "was taken for buried and is in no letter"},
    {120552, "a claim that found only entries that had vanished held their task: nobody finishes "
             "an empty batch, so each of them cost the task a lease"},
    {8589, "the list of parked tasks was lost, the letter was dropped before anybody had claimed, "
           "and then nothing led to the task any more"},
    {17780, "two losses in a row made the queue count fences again: what one had who stood still "
            "was written behind a newer event"},
    {515946,
     "no fault: clocks set the server's time back by more than the runs wait for, and a lease "
     "from before lasted that much longer; the wait is counted from its end now"},
    {19660, "somebody held an id while the list of what is held was lost: a claim saw a list that "
            "was not empty, and what its holders had was passed by newer entries"},
};

#endif
