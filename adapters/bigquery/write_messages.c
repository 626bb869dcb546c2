#include "adapters/bigquery/write_messages.h"

#include "adapters/bigquery/grpc_frame.h"
#include "adapters/bigquery/proto.h"

enum { TYPE_PENDING = 2 };
enum { STREAM_NAME = 1, STREAM_TYPE = 2, STREAM_COMMIT_TIME = 4 };
enum { CREATE_PARENT = 1, CREATE_STREAM = 2 };
enum { COMMIT_PARENT = 1, COMMIT_STREAMS = 2, COMMITTED_TIME = 1, COMMITTED_ERRORS = 2 };
enum { ERROR_CODE = 1, ERROR_MESSAGE = 3 };
enum { APPEND_STREAM = 1, APPEND_OFFSET = 2, APPEND_PROTO_ROWS = 4, APPEND_TRACE_ID = 6 };
enum { PROTO_ROWS_SCHEMA = 1, PROTO_ROWS_ROWS = 2, SCHEMA_DESCRIPTOR = 1, ROWS_ROW = 1 };
enum { APPENDED_ERROR = 2, APPENDED_ROW_ERRORS = 4 };
enum { STATUS_CODE = 1, STATUS_MESSAGE = 2 };
enum { ROW_INDEX = 1, ROW_MESSAGE = 3 };

void tt_write_ask_create(struct tt_buf *buf, struct tt_str table_path)
{
    tt_proto_add_text(buf, CREATE_PARENT, table_path);
    size_t began = tt_proto_begin(buf, CREATE_STREAM);
    tt_proto_add_uint(buf, STREAM_TYPE, TYPE_PENDING);
    tt_proto_end(buf, began);
}

void tt_write_ask_name(struct tt_buf *buf, struct tt_str stream)
{
    tt_proto_add_text(buf, STREAM_NAME, stream);
}

void tt_write_ask_commit(struct tt_buf *buf, struct tt_str table_path, struct tt_str stream)
{
    tt_proto_add_text(buf, COMMIT_PARENT, table_path);
    tt_proto_add_text(buf, COMMIT_STREAMS, stream);
}

void tt_write_ask_append(struct tt_buf *buf, const struct tt_write_append *append,
                         size_t rows_bytes)
{
    size_t schema_bytes = tt_proto_text_bytes(SCHEMA_DESCRIPTOR, append->descriptor.len);
    tt_proto_add_text(buf, APPEND_STREAM, append->stream);
    size_t began = tt_proto_begin(buf, APPEND_OFFSET);
    tt_proto_add_uint(buf, 1, append->offset);
    tt_proto_end(buf, began);
    tt_proto_add_text(buf, APPEND_TRACE_ID, append->trace_id);
    tt_proto_add_head(buf, APPEND_PROTO_ROWS,
                      tt_proto_text_bytes(PROTO_ROWS_SCHEMA, schema_bytes) +
                          tt_proto_text_bytes(PROTO_ROWS_ROWS, rows_bytes));
    tt_proto_add_head(buf, PROTO_ROWS_SCHEMA, schema_bytes);
    tt_proto_add_text(buf, SCHEMA_DESCRIPTOR, append->descriptor);
    tt_proto_add_head(buf, PROTO_ROWS_ROWS, rows_bytes);
}

void tt_write_add_row(struct tt_buf *buf, struct tt_str row)
{
    tt_proto_add_text(buf, ROWS_ROW, row);
}

static bool is_bytes(const struct tt_proto_field *field, unsigned number)
{
    return field->number == number && field->wire == TT_PROTO_BYTES;
}

static bool is_number(const struct tt_proto_field *field, unsigned number)
{
    return field->number == number && field->wire == TT_PROTO_VARINT;
}

bool tt_write_read_stream(struct tt_str message, struct tt_write_stream *ret_stream)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field;
    struct tt_write_stream stream = {.name = TT_STR_NONE};
    while (tt_proto_next(&proto, &field)) {
        if (is_bytes(&field, STREAM_NAME))
            stream.name = field.bytes;
        stream.committed |= is_bytes(&field, STREAM_COMMIT_TIME);
    }
    if (proto.bad)
        return false;
    *ret_stream = stream;
    return true;
}

bool tt_write_read_finalized(struct tt_str message, uint64_t *ret_rows)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field;
    uint64_t rows = 0;
    while (tt_proto_next(&proto, &field))
        rows = is_number(&field, 1) ? field.value : rows;
    if (proto.bad)
        return false;
    *ret_rows = rows;
    return true;
}

/* A message of a code and a text, such as google.rpc.Status. */
static bool read_error(struct tt_str message, unsigned code_field, unsigned text_field,
                       uint64_t *ret_code, struct tt_str *ret_text)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field;
    *ret_code = 0;
    *ret_text = TT_STR("");
    while (tt_proto_next(&proto, &field)) {
        if (is_number(&field, code_field))
            *ret_code = field.value;
        else if (is_bytes(&field, text_field))
            *ret_text = field.bytes;
    }
    return !proto.bad;
}

bool tt_write_read_committed(struct tt_str message, struct tt_write_committed *ret_committed)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field;
    struct tt_write_committed committed = {.message = TT_STR("")};
    while (tt_proto_next(&proto, &field)) {
        uint64_t code = 0;
        struct tt_str text;
        committed.committed |= is_bytes(&field, COMMITTED_TIME);
        if (!is_bytes(&field, COMMITTED_ERRORS))
            continue;
        if (!read_error(field.bytes, ERROR_CODE, ERROR_MESSAGE, &code, &text))
            return false;
        if (committed.errors++ == 0) {
            committed.code = code > INT32_MAX ? INT32_MAX : (int)code;
            committed.message = text;
        }
    }
    if (proto.bad)
        return false;
    *ret_committed = committed;
    return true;
}

bool tt_write_read_appended(struct tt_str message, struct tt_write_appended *ret_appended)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field;
    struct tt_write_appended appended = {
        .message = TT_STR(""), .row_message = TT_STR(""), .bad_row = -1};
    while (tt_proto_next(&proto, &field)) {
        uint64_t number = 0;
        struct tt_str text;
        if (is_bytes(&field, APPENDED_ERROR)) {
            if (!read_error(field.bytes, STATUS_CODE, STATUS_MESSAGE, &number, &text))
                return false;
            appended.status = number > INT32_MAX ? TT_GRPC_UNKNOWN : (int)number;
            appended.message = text;
        } else if (is_bytes(&field, APPENDED_ROW_ERRORS)) {
            if (!read_error(field.bytes, ROW_INDEX, ROW_MESSAGE, &number, &text))
                return false;
            if (appended.row_errors++ == 0) {
                appended.bad_row = number > INT64_MAX ? -1 : (int64_t)number;
                appended.row_message = text;
            }
        }
    }
    if (proto.bad)
        return false;
    *ret_appended = appended;
    return true;
}
