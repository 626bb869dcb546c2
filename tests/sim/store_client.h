/* The store port over the model of its tables: one client's connection. Threads: one. */
#ifndef TT_TESTS_SIM_STORE_CLIENT_H
#define TT_TESTS_SIM_STORE_CLIENT_H

#include "tests/sim/link.h"
#include "tests/sim/tables.h"

struct tt_model_store {
    struct tt_model_tables *tables;
    const struct tt_link *link;
    bool
        one_writer; /* as SQLite: nobody else writes from begin on; else by partition, from fence */
    void *wait_context;
    /* Waits a little because somebody else writes; false: long enough. tries: from 0. */
    bool (*wait)(void *context, unsigned tries);
    /* The connection is gone, and with it the transaction; or what becomes of it. */
    void (*leave)(void *context, struct tt_model_tx *tx, bool committing);
    /* Whether what the caller would like to do while we write is done. */
    bool (*has_time)(void *context);
    /* Inside. */
    struct tt_model_tx *tx;
    uint64_t serial;
};

/* The fields above the line are set by the caller; wait, leave and has_time may be NULL. */
struct tt_store tt_model_store_port(struct tt_model_store *store);

#endif
