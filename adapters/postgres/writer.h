/* The writer's connection and its parts: store.c has transactions, store_fence.c fences,
 * store_load.c what is read before the handlers decide, store_write.c what is written after, copy.c
 * rows by COPY. Inside adapters/postgres only. Threads: one. */
#ifndef TT_ADAPTERS_POSTGRES_WRITER_H
#define TT_ADAPTERS_POSTGRES_WRITER_H

#include "adapters/postgres/statements.h"
#include "adapters/postgres/wire.h"
#include "core/port/store.h"

enum { TT_PG_WIRES = 6 };

struct tt_pg_writer {
    struct tt_pg pg;
    bool relaxed;                        /* commits do not wait for the disk */
    bool up_to_date;                     /* the schema was looked at once */
    bool careful;                        /* some row was in the way of the last transaction */
    struct tt_store_meanwhile at_commit; /* the last call, which write left to it; or none */
    size_t sent;                       /* statements on their way, whose results nobody took yet */
    struct tt_wire wires[TT_PG_WIRES]; /* parameters of the step in hand */
    uint32_t audit_type, current_type, interval_type, progress_type; /* of rows, ..._written */
};

/* Sends a prepared statement. */
enum tt_err tt_pg_writer_send(struct tt_pg_writer *writer, enum tt_pg_sql which,
                              const struct tt_pg_param *params, int count,
                              struct tt_fault *fault) TT_MUST_CHECK;
/* Takes the results of all that was sent; see tt_pg_sync. */
enum tt_err tt_pg_writer_sync(struct tt_pg_writer *writer, PGresult **ret_results,
                              const char *doing, struct tt_fault *fault) TT_MUST_CHECK;
/* Rows by COPY, of one of the statements ..._COPY: begin, then write rows into the wire and say so
 * after each, then end. Takes the results of what was sent before. */
enum tt_err tt_pg_writer_copy(struct tt_pg_writer *writer, struct tt_wire *wire,
                              enum tt_pg_sql which, struct tt_fault *fault) TT_MUST_CHECK;
/* meanwhile: called after each piece that left, and before waiting for the server, as the last
 * time; may be NULL. */
enum tt_err tt_pg_writer_copy_row(struct tt_pg_writer *writer, struct tt_wire *wire,
                                  const struct tt_store_meanwhile *meanwhile,
                                  struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_pg_writer_copy_end(struct tt_pg_writer *writer, struct tt_wire *wire,
                                  const struct tt_store_meanwhile *meanwhile,
                                  struct tt_fault *fault) TT_MUST_CHECK;
/* NO_MEMORY when one of the wires could not be written. */
enum tt_err tt_pg_writer_wired(const struct tt_pg_writer *writer,
                               struct tt_fault *fault) TT_MUST_CHECK;
/* Connects when there is no connection. */
enum tt_err tt_pg_writer_connect(struct tt_pg_writer *writer, struct tt_fault *fault) TT_MUST_CHECK;

/* The functions of the port, as it has them. */
enum tt_err tt_pg_writer_fence(void *context, const struct tt_store_partition *partitions,
                               size_t count, struct tt_fault *fault);
enum tt_err tt_pg_writer_reserve_fences(void *context, int64_t up_to, int64_t *ret_reserved,
                                        struct tt_fault *fault);
/* FENCED when the row of a task has a newer fence than the batch. */
enum tt_err tt_pg_writer_check_fences(const struct tt_pg_writer *w,
                                      const struct tt_store_batch *batch, struct tt_fault *fault);

/* store_places.c, asks and answers. look_up: of each entry, whether it has to be looked up. */
enum tt_err tt_pg_ask_newest(struct tt_pg_writer *writer, const struct tt_store_batch *batch,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* Says of each partition its newest epoch. How many entries have to be looked up. */
size_t tt_pg_take_newest(struct tt_store_batch *batch, const PGresult *result, bool *look_up);
enum tt_err tt_pg_ask_taken(struct tt_pg_writer *writer, const struct tt_store_batch *batch,
                            const bool *look_up, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_pg_take_taken(struct tt_store_batch *batch, const PGresult *result,
                             const bool *look_up, struct tt_arena *arena,
                             struct tt_fault *fault) TT_MUST_CHECK;

enum tt_err tt_pg_writer_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                              struct tt_fault *fault);
enum tt_err tt_pg_writer_histories(void *context, struct tt_store_history *histories, size_t count,
                                   struct tt_arena *arena, struct tt_fault *fault);
enum tt_err tt_pg_writer_write(void *context, const struct tt_store_changes *changes,
                               struct tt_fault *fault);

#endif
