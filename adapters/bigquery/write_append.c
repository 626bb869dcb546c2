/* Rows into a pending stream: requests of some megabytes, each at the offset of its first row, each
 * a call of its own. The split into requests follows from the rows alone, so that a second sending
 * has the same offsets as the first.
 *
 * What the service says of a request, and what follows:
 *   in                  the next one
 *   ALREADY_EXISTS      in already, from a sending whose answer was lost: the next one
 *   OUT_OF_RANGE        one before it is missing: back to what is known to be in, once; then the
 *                       stream is given up, and as nobody ever commits it, that leaves nothing
 *   row errors          nothing of the request is in; the first bad row is told
 *   ABORTED             the server had closed the stream, idle: the same again, a few times
 *   no status, UNAVAILABLE and so on: unknown; the caller asks and sends again */
#include "adapters/bigquery/proto.h"
#include "adapters/bigquery/row_proto.h"
#include "adapters/bigquery/sink_answer.h"
#include "adapters/bigquery/write_parts.h"

enum { ABORTED_TRIES = 3, BACK_MAX = 1 };

/* Nothing of the stream will ever be seen: a new one. */
static enum tt_err give_up(struct tt_write *write, int status)
{
    tt_sink_refuse(write->answer, -1, tt_str_from(tt_grpc_status_name(status)),
                   tt_buf_str(&write->grpc.text));
    write->answer->state = TT_SINK_FAILED;
    return TT_ERR_STOPPED;
}

static enum tt_err go_back(struct tt_write *write)
{
    if (write->went_back++ >= BACK_MAX)
        return give_up(write, TT_GRPC_OUT_OF_RANGE);
    write->again = true;
    return TT_ERR_STOPPED;
}

/* What an answer says, by its status, whichever of the two places had it. */
static enum tt_err judge(struct tt_write *write, int status)
{
    switch (status) {
    case TT_GRPC_OK:
    case TT_GRPC_ALREADY_EXISTS: write->acknowledged = write->next; return TT_OK;
    case TT_GRPC_OUT_OF_RANGE: return go_back(write);
    case TT_GRPC_NOT_FOUND:
    case TT_GRPC_FAILED_PRECONDITION: return give_up(write, status);
    default:
        return tt_fault_set(write->fault, tt_grpc_status_err(status), "AppendRows: %s: %.*s",
                            tt_grpc_status_name(status),
                            TT_STR_ARGS(tt_buf_str(&write->grpc.text)));
    }
}

static enum tt_err append_once(struct tt_write *write, int *ret_status)
{
    const struct tt_write_append append = {write->stream, write->first,
                                           tt_buf_str(&write->descriptor), TT_STR("tasktrail")};
    struct tt_write_appended appended = {.bad_row = -1};
    size_t began = tt_write_frame(write);
    tt_write_ask_append(&write->frame, &append, write->rows.len);
    tt_buf_add_str(&write->frame, tt_buf_str(&write->rows));
    enum tt_err err =
        tt_write_call(write, "AppendRows", "write_stream", write->stream, began, write->fault);
    if (err != TT_OK)
        return err;
    *ret_status = write->grpc.status;
    if (write->grpc.message.ptr == NULL)
        return TT_OK;
    if (!tt_write_read_appended(write->grpc.message, &appended))
        return tt_fault_set(write->fault, TT_ERR_UNAVAILABLE,
                            "AppendRows: an answer not understood");
    if (appended.row_errors > 0) {
        int64_t row = appended.bad_row;
        bool known = row >= 0 && (uint64_t)row < write->next - write->first;
        tt_sink_refuse(write->answer, known ? row + (int64_t)write->first : -1, TT_STR("invalid"),
                       appended.row_message);
        return TT_ERR_STOPPED;
    }
    if (appended.status != TT_GRPC_OK) {
        tt_buf_clear(&write->grpc.text);
        tt_buf_add_str(&write->grpc.text, appended.message);
        *ret_status = appended.status;
    }
    return TT_OK;
}

static enum tt_err flush(struct tt_write *write)
{
    int status = TT_GRPC_ABORTED;
    enum tt_err err = TT_OK;
    if (write->first == write->next)
        return TT_OK;
    if (write->rows.err != TT_OK)
        return tt_fault_set(write->fault, TT_ERR_NO_MEMORY, "out of memory");
    for (int i = 0; i < ABORTED_TRIES && err == TT_OK && status == TT_GRPC_ABORTED; i++)
        err = append_once(write, &status);
    if (err == TT_OK)
        err = judge(write, status);
    tt_buf_clear(&write->rows);
    write->first = write->next;
    return err;
}

static enum tt_err add_row(void *context, uint64_t row, struct tt_str json)
{
    struct tt_write *write = context;
    struct tt_fault why = {0};
    tt_buf_clear(&write->row);
    enum tt_err err =
        tt_row_proto_encode(&write->row, write->batch->table, json, &write->scratch, &why);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(write->fault, err, "out of memory");
    size_t bytes = tt_proto_text_bytes(1, write->row.len);
    if (err != TT_OK || bytes > write->options.request_bytes_max) {
        tt_sink_refuse(write->answer, (int64_t)row, TT_STR("invalid"),
                       err != TT_OK ? tt_str_from(why.text)
                                    : TT_STR("the row is larger than a request"));
        return TT_ERR_STOPPED;
    }
    if (write->rows.len + bytes > write->options.request_bytes_max)
        err = flush(write);
    if (err != TT_OK)
        return err;
    tt_write_add_row(&write->rows, tt_buf_str(&write->row));
    write->next = row + 1;
    return TT_OK;
}

enum tt_err tt_write_append_all(struct tt_write *write)
{
    const struct tt_body *body = write->batch->body;
    enum tt_err err = TT_OK;
    write->acknowledged = 0;
    write->went_back = 0;
    tt_buf_clear(&write->descriptor);
    tt_row_proto_describe(&write->descriptor, write->batch->table);
    do {
        write->again = false;
        write->first = write->next = write->acknowledged;
        tt_buf_clear(&write->rows);
        err = body->lines(body->context, write->first, add_row, write, write->fault);
        if (err == TT_OK)
            err = flush(write);
    } while (write->again);
    return err;
}
