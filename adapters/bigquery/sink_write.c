/* begin: CreateWriteStream. send: AppendRows until all are in, FinalizeWriteStream, whose count
 * must be the batch's. commit: BatchCommitWriteStreams. ask: GetWriteStream.
 *
 * Failure modes: a crash before the handle is stored (the stream is never seen and expires), before
 * all rows are in (sent again, those that are in stay), between send and commit (asked: not
 * committed, sent again, nothing is doubled), a lost answer of the commit (asked, or committed once
 * more: the service commits a stream once), a stream that is forgotten (never committed: a new one;
 * perhaps committed: the table is asked), a request that is refused without a row being named: of a
 * stream that may be final it says nothing (a new one); of one that cannot be, the table or a row
 * is to blame (a new one, in doubt). Once a commit was sent, no word about the stream makes another
 * one, but that it is forgotten and the table has no row of it, or that rows of it are missing. */
#include "adapters/bigquery/sink_write.h"

#include "adapters/bigquery/json_call.h"
#include "adapters/bigquery/sink_answer.h"
#include "adapters/bigquery/write_parts.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <stdio.h>

enum {
    REQUEST_BYTES_MAX = 9 * 1000 * 1000,
    CALL_LIMIT_MS = 120 * 1000,
    HANDLE_PART_BYTES_MAX = 256
};

size_t tt_write_frame(struct tt_write *write)
{
    tt_buf_clear(&write->frame);
    return tt_grpc_frame_begin(&write->frame);
}

enum tt_err tt_write_call(struct tt_write *write, const char *method, const char *param,
                          struct tt_str value, size_t began, struct tt_fault *fault)
{
    char path[128];
    tt_grpc_frame_end(&write->frame, began);
    if (write->frame.err != TT_OK)
        return tt_fault_set(fault, write->frame.err, "out of memory");
    snprintf(path, sizeof path, "google.cloud.bigquery.storage.v1.BigQueryWrite/%s", method);
    const struct tt_grpc_request request = {
        .endpoint = write->options.endpoint,
        .method = path,
        .param = param,
        .param_value = value,
        .frame = tt_buf_str(&write->frame),
        .limit_ms = CALL_LIMIT_MS,
    };
    return tt_grpc_call(&write->options.access, &request, &write->grpc, fault);
}

struct tt_write_handle tt_write_handle_read(struct tt_str handle)
{
    struct tt_str parts[3] = {TT_STR_NONE, TT_STR_NONE, TT_STR_NONE};
    for (int i = 0; i < 3 && handle.len > 0; i++) {
        const char *space = memchr(handle.ptr, ' ', handle.len);
        size_t len = space == NULL ? handle.len : (size_t)(space - handle.ptr);
        parts[i] = (struct tt_str){handle.ptr, len};
        size_t step = space == NULL ? len : len + 1;
        handle = (struct tt_str){handle.ptr + step, handle.len - step};
    }
    return (struct tt_write_handle){parts[0], parts[1], parts[2]};
}

static void set_path(struct tt_write *write, const struct tt_sink_batch *batch)
{
    snprintf(write->path, sizeof write->path, "projects/%s/datasets/%s/tables/%s",
             write->options.project, write->options.dataset, batch->table->name);
}

/* ---- begin ---- */

struct first_row {
    const struct tt_upload_table *table;
    struct tt_buf *handle;
    bool seen;
};

static void add_part(struct tt_buf *handle, const struct tt_json *row, const char *column)
{
    struct tt_str text = column == NULL ? TT_STR_NONE : tt_json_member_text(row, column);
    if (text.len == 0 || text.len > HANDLE_PART_BYTES_MAX || memchr(text.ptr, ' ', text.len))
        return;
    tt_buf_add_char(handle, ' ');
    tt_buf_add_str(handle, text);
}

static enum tt_err name_first_row(void *context, uint64_t row, struct tt_str json)
{
    struct first_row *first = context;
    struct tt_json *parsed = NULL;
    struct tt_fault ignored = {0};
    (void)row;
    first->seen = true;
    if (tt_json_parse(json, TT_JSON_DEPTH_MAX, &parsed, &ignored) == TT_OK) {
        size_t before = first->handle->len;
        add_part(first->handle, parsed, first->table->row_uid);
        if (first->handle->len > before)
            add_part(first->handle, parsed, first->table->partition_by);
        tt_json_free(parsed);
    }
    return TT_ERR_STOPPED;
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    struct tt_write *write = context;
    struct tt_write_stream stream = {.name = TT_STR_NONE};
    set_path(write, batch);
    size_t began = tt_write_frame(write);
    tt_write_ask_create(&write->frame, tt_str_from(write->path));
    enum tt_err err =
        tt_write_call(write, "CreateWriteStream", "parent", tt_str_from(write->path), began, fault);
    if (err == TT_OK && write->grpc.status != TT_GRPC_OK)
        err = tt_grpc_fault(&write->grpc, "CreateWriteStream", fault);
    if (err != TT_OK)
        return err;
    if (!tt_write_read_stream(write->grpc.message, &stream) || stream.name.len == 0 ||
        stream.name.len > 400 || memchr(stream.name.ptr, ' ', stream.name.len) != NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "CreateWriteStream: no name of a stream");
    tt_buf_add_str(handle, stream.name);
    tt_buf_clear(&write->open);
    tt_buf_add_str(&write->open, stream.name);
    struct first_row first = {batch->table, handle, false};
    err = batch->body->lines(batch->body->context, 0, name_first_row, &first, fault);
    if (err != TT_OK && !(err == TT_ERR_STOPPED && first.seen))
        return err;
    return handle->err == TT_OK ? TT_OK : tt_fault_set(fault, handle->err, "out of memory");
}

/* ---- send ---- */

/* The stream cannot be finalized any more: where it was never committed, another can be made. */
static bool is_lost(int status)
{
    return status == TT_GRPC_NOT_FOUND || status == TT_GRPC_FAILED_PRECONDITION ||
           status == TT_GRPC_INVALID_ARGUMENT;
}

/* All rows are in, as the service counts them: RUNNING. Another count: the stream is of no use. */
static enum tt_err finalize(struct tt_write *write, const struct tt_sink_batch *batch,
                            struct tt_sink_answer *answer, struct tt_fault *fault)
{
    uint64_t rows = 0;
    size_t began = tt_write_frame(write);
    tt_buf_clear(&write->open);
    tt_write_ask_name(&write->frame, write->stream);
    enum tt_err err =
        tt_write_call(write, "FinalizeWriteStream", "name", write->stream, began, fault);
    if (err == TT_OK && is_lost(write->grpc.status) && batch->commit_sent)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "FinalizeWriteStream: %s: %.*s",
                            tt_grpc_status_name(write->grpc.status),
                            TT_STR_ARGS(tt_buf_str(&write->grpc.text)));
    if (err == TT_OK && is_lost(write->grpc.status)) {
        tt_sink_refuse(answer, -1, tt_str_from(tt_grpc_status_name(write->grpc.status)),
                       tt_buf_str(&write->grpc.text));
        answer->state = TT_SINK_FAILED;
        return TT_OK;
    }
    if (err == TT_OK && write->grpc.status != TT_GRPC_OK)
        err = tt_grpc_fault(&write->grpc, "FinalizeWriteStream", fault);
    if (err == TT_OK && !tt_write_read_finalized(write->grpc.message, &rows))
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                           "FinalizeWriteStream: an answer not understood");
    if (err != TT_OK)
        return err;
    bool whole = rows == batch->body->rows;
    tt_sink_say(answer, whole ? TT_SINK_RUNNING : TT_SINK_FAILED);
    answer->rows = rows;
    if (!whole) {
        snprintf(answer->reason, sizeof answer->reason, "rowCount");
        snprintf(answer->message, sizeof answer->message,
                 "the stream has %llu rows, the batch %llu", (unsigned long long)rows,
                 (unsigned long long)batch->body->rows);
    }
    return TT_OK;
}

static void say_refused(struct tt_sink_answer *answer, const struct tt_fault *why, bool doubt)
{
    tt_sink_refuse(answer, -1, TT_STR("invalid"), tt_str_from(why->text));
    answer->state = TT_SINK_FAILED;
    answer->doubt = doubt;
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_write *write = context;
    struct tt_sink_answer answer;
    enum tt_err err = tt_sink_check_handle(batch->handle, "projects/", "write", fault);
    if (err != TT_OK)
        return err;
    tt_sink_say(&answer, TT_SINK_ABSENT);
    set_path(write, batch);
    write->batch = batch;
    write->answer = &answer;
    write->fault = fault;
    write->stream = tt_write_handle_read(batch->handle).stream;
    err = tt_write_append_all(write);
    if (err == TT_ERR_STOPPED && answer.state == TT_SINK_REFUSED) {
        *ret_answer = answer;
        return TT_OK;
    }
    if (err != TT_OK && err != TT_ERR_INVALID && answer.state != TT_SINK_FAILED)
        return err;
    struct tt_fault why = *fault;
    tt_fault_clear(fault);
    if (err == TT_ERR_INVALID && tt_str_equal(tt_buf_str(&write->open), write->stream)) {
        say_refused(ret_answer, &why, true);
        return TT_OK;
    }
    /* A stream that takes no rows may have all of them, and be final: its count tells. With fewer
     * it is of no use, as it is final now, whatever the rows were refused for. */
    enum tt_err counted = finalize(write, batch, &answer, fault);
    if (counted != TT_OK)
        return counted;
    if (err == TT_ERR_INVALID && answer.state == TT_SINK_FAILED)
        say_refused(&answer, &why, false);
    *ret_answer = answer;
    return TT_OK;
}

/* ---- ask and commit ---- */

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_write *write = context;
    struct tt_write_handle handle = tt_write_handle_read(batch->handle);
    struct tt_write_stream stream = {0};
    bool there = false;
    enum tt_err err = tt_sink_check_handle(batch->handle, "projects/", "write", fault);
    if (err != TT_OK)
        return err;
    size_t began = tt_write_frame(write);
    tt_write_ask_name(&write->frame, handle.stream);
    err = tt_write_call(write, "GetWriteStream", "name", handle.stream, began, fault);
    if (err != TT_OK)
        return err;
    if (write->grpc.status == TT_GRPC_NOT_FOUND) {
        if (batch->commit_sent)
            err = tt_write_ask_table(write, batch->table, &handle, &there, fault);
        if (err != TT_OK)
            return err;
        tt_sink_say(ret_answer, there ? TT_SINK_DONE : TT_SINK_FAILED);
        snprintf(ret_answer->reason, sizeof ret_answer->reason, "%s",
                 there ? "" : "streamNotFound");
    } else if (write->grpc.status != TT_GRPC_OK) {
        return tt_grpc_fault(&write->grpc, "GetWriteStream", fault);
    } else if (!tt_write_read_stream(write->grpc.message, &stream)) {
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "GetWriteStream: an answer not understood");
    } else {
        tt_sink_say(ret_answer, stream.committed ? TT_SINK_DONE : TT_SINK_ABSENT);
    }
    ret_answer->rows = ret_answer->state == TT_SINK_DONE ? batch->body->rows : 0;
    return TT_OK;
}

static enum tt_err commit_once(struct tt_write *write, const struct tt_sink_batch *batch,
                               struct tt_write_committed *ret_committed, struct tt_fault *fault)
{
    struct tt_str path = tt_str_from(write->path);
    set_path(write, batch);
    path = tt_str_from(write->path);
    size_t began = tt_write_frame(write);
    tt_write_ask_commit(&write->frame, path, tt_write_handle_read(batch->handle).stream);
    enum tt_err err = tt_write_call(write, "BatchCommitWriteStreams", "parent", path, began, fault);
    if (err == TT_OK && write->grpc.status == TT_GRPC_OK &&
        !tt_write_read_committed(write->grpc.message, ret_committed))
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                           "BatchCommitWriteStreams: an answer not understood");
    return err;
}

/* Done, when the service says so, or that it was done before; whatever else it says that is no
 * passing trouble, the stream itself is asked: it knows whether it is committed. */
static enum tt_err commit(void *context, const struct tt_sink_batch *batch,
                          struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_write *write = context;
    struct tt_write_committed committed = {0};
    struct tt_sink_answer answer;
    enum tt_err err = commit_once(write, batch, &committed, fault);
    if (err != TT_OK)
        return err;
    bool refused = write->grpc.status != TT_GRPC_OK;
    if (refused && tt_err_class(tt_grpc_status_err(write->grpc.status)) == TT_CLASS_RETRY)
        return tt_grpc_fault(&write->grpc, "BatchCommitWriteStreams", fault);
    if (!refused && committed.errors == 0 && committed.committed) {
        tt_sink_say(ret_answer, TT_SINK_DONE);
        ret_answer->rows = batch->body->rows;
        return TT_OK;
    }
    struct tt_fault why = {0};
    if (refused)
        (void)tt_grpc_fault(&write->grpc, "BatchCommitWriteStreams", &why);
    else
        (void)tt_fault_set(&why, TT_ERR_INVALID, "BatchCommitWriteStreams: error %d: %.*s",
                           committed.code, TT_STR_ARGS(committed.message));
    err = ask(write, batch, &answer, fault);
    if (err != TT_OK)
        return err;
    if (answer.state == TT_SINK_ABSENT && committed.code == TT_STORAGE_INVALID_STREAM_STATE) {
        /* not final yet: rows may be missing; never without a look at their number */
        write->stream = tt_write_handle_read(batch->handle).stream;
        err = finalize(write, batch, &answer, fault);
        if (err == TT_OK && answer.state != TT_SINK_FAILED)
            err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "%s", why.text);
    } else if (answer.state == TT_SINK_ABSENT) {
        err = tt_fault_set(fault, why.code, "%s", why.text);
    }
    if (err == TT_OK)
        *ret_answer = answer;
    return err;
}

/* ---- the rest ---- */

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    struct tt_bq *bq = ((struct tt_write *)context)->options.bq;
    return bq == NULL ? TT_OK : tt_bq_tables(bq, list, count, create, fault);
}

enum tt_err tt_write_open(const struct tt_write_options *options, struct tt_sink *ret_sink,
                          struct tt_fault *fault)
{
    struct tt_write *write = tt_mem_zalloc(sizeof *write);
    if (write == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    write->options = *options;
    if (write->options.request_bytes_max == 0)
        write->options.request_bytes_max = REQUEST_BYTES_MAX;
    tt_grpc_answer_init(&write->grpc);
    *ret_sink = (struct tt_sink){write, "write", false, 0, tables, begin, send, commit, ask};
    return TT_OK;
}

void tt_write_close(struct tt_sink *sink)
{
    struct tt_write *write = sink->context;
    if (write == NULL)
        return;
    tt_grpc_answer_done(&write->grpc);
    tt_buf_done(&write->frame);
    tt_buf_done(&write->rows);
    tt_buf_done(&write->row);
    tt_buf_done(&write->scratch);
    tt_buf_done(&write->descriptor);
    tt_buf_done(&write->open);
    tt_mem_free(write);
    *sink = (struct tt_sink){0};
}
