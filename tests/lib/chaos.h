/* A fleet among failures: real workers, a real Redis and a real store, a producer that keeps a
 * ledger of what was confirmed, and mischief drawn from a seed. At the end the store is held
 * against the ledger; whatever does not fit fails the test. */
#ifndef TT_TESTS_LIB_CHAOS_H
#define TT_TESTS_LIB_CHAOS_H

#include <stdbool.h>
#include <stdint.h>

struct tt_chaos_options {
    uint64_t seed;
    bool postgres;    /* else SQLite */
    int64_t run_ms;   /* how long; 0: each kind of mischief once */
    unsigned rate;    /* events a second, at most */
    unsigned workers; /* up to 16 */
    bool verbose;     /* tells each piece of mischief */
};

/* Runs it to its end. Prints the seed and a summary. A small disk that can be filled needs the
 * right to mount; where there is none, that mischief is left out and said. */
void tt_chaos_run(const struct tt_chaos_options *options);

#endif
