/* The pieces of the Storage Write sink: inside adapters/bigquery only. */
#ifndef TT_ADAPTERS_BIGQUERY_WRITE_PARTS_H
#define TT_ADAPTERS_BIGQUERY_WRITE_PARTS_H

#include "adapters/bigquery/grpc_call.h"
#include "adapters/bigquery/sink_write.h"
#include "adapters/bigquery/write_messages.h"

enum { TT_WRITE_PATH_BYTES = 512 };

struct tt_write {
    struct tt_write_options options;
    struct tt_grpc_answer grpc;
    struct tt_buf frame; /* of a request */
    struct tt_buf rows, row, scratch, descriptor;
    char path[TT_WRITE_PATH_BYTES]; /* projects/P/datasets/D/tables/T */
    struct tt_buf open;             /* the newest stream, as long as it cannot be final */

    /* of the send in hand */
    const struct tt_sink_batch *batch;
    struct tt_sink_answer *answer;
    struct tt_fault *fault;
    struct tt_str stream;
    uint64_t first, next;  /* rows in `rows`: from first to next - 1 */
    uint64_t acknowledged; /* rows that are in, as far as this send knows */
    unsigned went_back;
    bool again; /* from acknowledged on */
};

/* "STREAM UID TIME" of a handle; uid and time are absent where the row had none that fit. */
struct tt_write_handle {
    struct tt_str stream, uid, written_at;
};
struct tt_write_handle tt_write_handle_read(struct tt_str handle);

/* One call of the service; the request stands in `frame` from `began` on. */
enum tt_err tt_write_call(struct tt_write *write, const char *method, const char *param,
                          struct tt_str value, size_t began, struct tt_fault *fault) TT_MUST_CHECK;
size_t tt_write_frame(struct tt_write *write);

/* Appends all rows. STOPPED with an answer that is not ABSENT: it tells. */
enum tt_err tt_write_append_all(struct tt_write *write) TT_MUST_CHECK;

/* Whether the table has the row. Errors: those of the call. */
enum tt_err tt_write_ask_table(struct tt_write *write, const struct tt_upload_table *table,
                               const struct tt_write_handle *handle, bool *ret_there,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
