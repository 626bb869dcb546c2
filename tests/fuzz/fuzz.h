/* A fuzz target is one function of some bytes, in a file of its own. It aborts when what it checks
 * does not hold; the sanitizers see the rest. libFuzzer calls it with inputs it makes up, replay.c
 * with the files of its corpus. */
#ifndef TT_TESTS_FUZZ_FUZZ_H
#define TT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define tt_fuzz_check(condition)                                                                   \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
