/* The body of a gRPC answer: frames, then every message that an answer could be. What a reader
 * borrows lies within the body; fields that are walked and written again read back the same. */
#include "adapters/bigquery/grpc_frame.h"
#include "adapters/bigquery/proto.h"
#include "adapters/bigquery/write_messages.h"
#include "tests/fuzz/fuzz.h"

static void within(struct tt_str part, struct tt_str whole)
{
    if (part.len > 0)
        tt_fuzz_check(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void walk(struct tt_str message, int depth)
{
    struct tt_proto proto = tt_proto_read(message);
    struct tt_proto_field field, again;
    struct tt_buf copy;
    tt_buf_init(&copy, 0);
    while (tt_proto_next(&proto, &field)) {
        tt_buf_clear(&copy);
        if (field.wire == TT_PROTO_BYTES) {
            within(field.bytes, message);
            tt_proto_add_text(&copy, field.number, field.bytes);
            if (depth < 6)
                walk(field.bytes, depth + 1);
        } else {
            tt_proto_add_uint(&copy, field.number, field.value);
        }
        struct tt_proto second = tt_proto_read(tt_buf_str(&copy));
        tt_fuzz_check(tt_proto_next(&second, &again) && second.rest.len == 0);
        tt_fuzz_check(again.number == field.number && again.value == field.value);
    }
    tt_fuzz_check(proto.bad || proto.rest.len == 0);
    tt_buf_done(&copy);
}

static void read_all(struct tt_str message)
{
    struct tt_write_stream stream;
    struct tt_write_committed committed;
    struct tt_write_appended appended;
    uint64_t rows = 0;
    if (tt_write_read_stream(message, &stream))
        within(stream.name, message);
    if (tt_write_read_committed(message, &committed) && committed.errors > 0)
        within(committed.message, message);
    if (tt_write_read_appended(message, &appended) && appended.row_errors > 0)
        within(appended.row_message, message);
    (void)!tt_write_read_finalized(message, &rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tt_str whole = {(const char *)data, size};
    struct tt_str body = whole, message;
    struct tt_buf text;
    while (tt_grpc_frame_next(&body, &message)) {
        within(message, whole);
        read_all(message);
        walk(message, 0);
    }
    tt_buf_init(&text, 0);
    tt_percent_decode(&text, whole);
    tt_fuzz_check(text.err == TT_OK && text.len <= size);
    tt_buf_done(&text);
    return 0;
}
