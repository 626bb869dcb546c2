/* Chance, as the engine sees it: for jitter and tokens. */
#ifndef TT_PORT_RANDOM_H
#define TT_PORT_RANDOM_H

#include <stdint.h>

struct tt_random {
    void *context;
    uint64_t (*next)(void *context); /* 64 uniformly distributed bits */
};

#endif
