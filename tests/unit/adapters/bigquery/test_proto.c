/* Protocol buffers, gRPC frames, rows as messages: held against bytes worked out by hand from the
 * encoding's description. */
#include "adapters/bigquery/grpc_frame.h"
#include "adapters/bigquery/proto.h"
#include "adapters/bigquery/row_proto.h"
#include "adapters/bigquery/write_messages.h"
#include "tests/lib/suite.h"
#include <stdlib.h>

static const struct tt_upload_column columns[] = {
    {"task_id", TT_COLUMN_STRING, true, ""},   {"seq", TT_COLUMN_INT64, false, ""},
    {"at", TT_COLUMN_TIMESTAMP, false, ""},    {"duplicate", TT_COLUMN_BOOL, false, ""},
    {"attributes", TT_COLUMN_JSON, false, ""},
};
static const struct tt_upload_table table = {
    .name = "audit", .columns = columns, .column_count = 5, .row_uid = "task_id"};

#define ck_bytes(buf, literal)                                                                     \
    do {                                                                                           \
        ck_assert_int_eq((buf)->err, TT_OK);                                                       \
        ck_assert_uint_eq((buf)->len, sizeof(literal) - 1);                                        \
        ck_assert_mem_eq((buf)->data, literal, sizeof(literal) - 1);                               \
    } while (0)

TT_TEST(numbers_take_seven_bits_a_byte_lowest_first)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_proto_add_uint(&buf, 1, 150);
    tt_proto_add_uint(&buf, 2, 0);
    tt_proto_add_uint(&buf, 16, (uint64_t)-1);
    ck_bytes(&buf, "\x08\x96\x01\x10\x00\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    ck_assert_uint_eq(tt_proto_varint_bytes(127), 1);
    ck_assert_uint_eq(tt_proto_varint_bytes(128), 2);
    ck_assert_uint_eq(tt_proto_varint_bytes(UINT64_MAX), 10);
    tt_buf_done(&buf);
}
TT_END

TT_TEST(nested_messages_close_up_around_their_length)
{
    struct tt_buf buf;
    char *long_text = malloc(300);
    memset(long_text, 'x', 300);
    tt_buf_init(&buf, 0);
    size_t outer = tt_proto_begin(&buf, 3);
    size_t inner = tt_proto_begin(&buf, 1);
    tt_proto_end(&buf, inner);
    tt_proto_add_text(&buf, 2, TT_STR("hi"));
    tt_proto_end(&buf, outer);
    ck_bytes(&buf, "\x1a\x06\x0a\x00\x12\x02hi");
    tt_buf_clear(&buf);
    outer = tt_proto_begin(&buf, 3);
    tt_proto_add_text(&buf, 1, (struct tt_str){long_text, 300});
    tt_proto_end(&buf, outer);
    ck_assert_uint_eq(buf.len, tt_proto_text_bytes(3, tt_proto_text_bytes(1, 300)));
    ck_assert_mem_eq(buf.data, "\x1a\xaf\x02\x0a\xac\x02xxx", 9);
    free(long_text);
    tt_buf_done(&buf);
}
TT_END

TT_TEST(what_was_written_is_read_back_field_by_field)
{
    struct tt_proto proto =
        tt_proto_read(TT_STR("\x08\x96\x01\x12\x02hi\x1d\x01\x00\x00\x80\x21\x02\0\0\0\0\0\0\x40"));
    struct tt_proto_field field;
    ck_assert(tt_proto_next(&proto, &field));
    ck_assert(field.number == 1 && field.wire == TT_PROTO_VARINT && field.value == 150);
    ck_assert(tt_proto_next(&proto, &field));
    ck_assert(field.number == 2 && tt_str_equal(field.bytes, TT_STR("hi")));
    ck_assert(tt_proto_next(&proto, &field));
    ck_assert(field.number == 3 && field.wire == TT_PROTO_FIXED32 && field.value == 0x80000001);
    ck_assert(tt_proto_next(&proto, &field));
    ck_assert(field.number == 4 && field.value == UINT64_C(0x4000000000000002));
    ck_assert(!tt_proto_next(&proto, &field) && !proto.bad);
}
TT_END

TT_TEST(messages_that_break_off_or_overflow_are_bad)
{
    static const struct tt_str bad[] = {
        {"\x08", 1},                                              /* a key alone */
        {"\x08\x96", 2},                                          /* a number that goes on */
        {"\x12\x03hi", 4},                                        /* beyond the end */
        {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01zz", 13},   /* 2^64 - 1 bytes */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},     /* 65 bits */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 12}, /* 11 bytes */
        {"\x00\x01", 2},                                          /* field 0 */
        {"\x0b\x0c", 2},                                          /* a group */
        {"\x0d\x01\x02\x03", 4},                                  /* three bytes of four */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tt_proto proto = tt_proto_read(bad[i]);
        struct tt_proto_field field;
        ck_assert_msg(!tt_proto_next(&proto, &field) && proto.bad, "case %zu", i);
        ck_assert(!tt_proto_next(&proto, &field));
    }
}
TT_END

TT_TEST(the_table_is_described_as_a_message_of_its_columns)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_row_proto_describe(&buf, &table);
    ck_bytes(&buf, "\x0a\x03Row"
                   "\x12\x0f\x0a\x07task_id\x18\x01\x20\x02\x28\x09"
                   "\x12\x0b\x0a\x03seq\x18\x02\x20\x01\x28\x03"
                   "\x12\x0a\x0a\x02"
                   "at\x18\x03\x20\x01\x28\x03"
                   "\x12\x11\x0a\x09"
                   "duplicate\x18\x04\x20\x01\x28\x08"
                   "\x12\x12\x0a\x0a"
                   "attributes\x18\x05\x20\x01\x28\x09");
    tt_buf_done(&buf);
}
TT_END

TT_TEST(a_row_becomes_a_message_by_the_types_of_the_columns)
{
    struct tt_buf buf, scratch;
    struct tt_fault fault = {0};
    tt_buf_init(&buf, 0);
    tt_buf_init(&scratch, 0);
    ck_assert_int_eq(
        tt_row_proto_encode(&buf, &table,
                            TT_STR("{\"task_id\":\"a\\u00e9\",\"seq\":\"-1\",\"at\":"
                                   "\"1970-01-01T00:00:00.000300Z\",\"duplicate\":true,"
                                   "\"attributes\":{\"n\": [1,null]}}"),
                            &scratch, &fault),
        TT_OK);
    ck_bytes(&buf, "\x0a\x03"
                   "a\xc3\xa9"
                   "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                   "\x18\xac\x02"
                   "\x20\x01"
                   "\x2a\x0e{\"n\":[1,null]}");
    tt_buf_clear(&buf);
    ck_assert_int_eq(tt_row_proto_encode(&buf, &table, TT_STR("{\"task_id\":\"b\",\"seq\":null}"),
                                         &scratch, &fault),
                     TT_OK);
    ck_bytes(&buf, "\x0a\x01"
                   "b");
    tt_buf_done(&buf);
    tt_buf_done(&scratch);
}
TT_END

TT_TEST(a_row_that_the_columns_do_not_fit_is_refused_by_name)
{
    static const char *const cases[][2] = {
        {"[]", "no JSON object"},
        {"{\"task_id\":", "JSON"},
        {"{\"seq\":\"1\"}", "column task_id is missing"},
        {"{\"task_id\":\"a\",\"seq\":1}", "column seq: expected a 64-bit integer as text"},
        {"{\"task_id\":\"a\",\"seq\":\"9223372036854775808\"}", "column seq"},
        {"{\"task_id\":\"a\",\"at\":\"yesterday\"}", "column at: expected a time"},
        {"{\"task_id\":\"a\",\"duplicate\":\"true\"}", "column duplicate"},
        {"{\"task_id\":5}", "column task_id: expected a text"},
        {"{\"task_id\":\"a\",\"sequel\":\"1\"}", "a column that audit has not"},
    };
    struct tt_buf buf, scratch;
    tt_buf_init(&buf, 0);
    tt_buf_init(&scratch, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_fault fault = {0};
        ck_assert_int_eq(
            tt_row_proto_encode(&buf, &table, tt_str_from(cases[i][0]), &scratch, &fault),
            TT_ERR_REJECT);
        ck_assert_msg(i == 1 || strstr(fault.text, cases[i][1]) != NULL, "%s: %s", cases[i][0],
                      fault.text);
    }
    tt_buf_done(&buf);
    tt_buf_done(&scratch);
}
TT_END

TT_TEST(requests_have_the_fields_of_the_service)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_write_ask_create(&buf, TT_STR("t"));
    ck_bytes(&buf, "\x0a\x01t\x12\x02\x10\x02");
    tt_buf_clear(&buf);
    tt_write_ask_commit(&buf, TT_STR("t"), TT_STR("s"));
    ck_bytes(&buf, "\x0a\x01t\x12\x01s");
    tt_buf_clear(&buf);
    const struct tt_write_append append = {TT_STR("s"), 300, TT_STR("DD"), TT_STR("tr")};
    struct tt_buf rows;
    tt_buf_init(&rows, 0);
    tt_write_add_row(&rows, TT_STR("r1"));
    tt_write_add_row(&rows, TT_STR("r2"));
    tt_write_ask_append(&buf, &append, rows.len);
    tt_buf_add_str(&buf, tt_buf_str(&rows));
    ck_bytes(&buf, "\x0a\x01s\x12\x03\x08\xac\x02\x32\x02tr"
                   "\x22\x10\x0a\x04\x0a\x02"
                   "DD\x12\x08\x0a\x02r1\x0a\x02r2");
    tt_buf_done(&rows);
    tt_buf_done(&buf);
}
TT_END

TT_TEST(answers_are_read_and_odd_ones_are_not)
{
    struct tt_write_stream stream;
    struct tt_write_committed committed;
    struct tt_write_appended appended;
    uint64_t rows = 0;
    ck_assert(tt_write_read_stream(TT_STR("\x0a\x01s\x10\x02"), &stream));
    ck_assert(tt_str_equal(stream.name, TT_STR("s")) && !stream.committed);
    ck_assert(tt_write_read_stream(TT_STR("\x0a\x01s\x22\x02\x08\x05"), &stream) &&
              stream.committed);
    ck_assert(!tt_write_read_stream(TT_STR("\x0a\x05s"), &stream));
    ck_assert(tt_write_read_finalized(TT_STR("\x08\xac\x02"), &rows) && rows == 300);
    ck_assert(tt_write_read_committed(TT_STR("\x0a\x02\x08\x05"), &committed) &&
              committed.committed && committed.errors == 0);
    ck_assert(tt_write_read_committed(TT_STR("\x12\x08\x08\x02\x12\x01s\x1a\x01m"), &committed));
    ck_assert(!committed.committed && committed.errors == 1 && committed.code == 2 &&
              tt_str_equal(committed.message, TT_STR("m")));
    ck_assert(tt_write_read_appended(TT_STR("\x0a\x02\x0a\x00"), &appended));
    ck_assert(appended.status == TT_GRPC_OK && appended.bad_row == -1);
    ck_assert(tt_write_read_appended(
        TT_STR("\x12\x05\x08\x03\x12\x01x\x22\x07\x08\x07\x10\x01\x1a\x01y\x22\x02\x08\x09"),
        &appended));
    ck_assert(appended.status == TT_GRPC_INVALID_ARGUMENT && appended.row_errors == 2 &&
              appended.bad_row == 7 && tt_str_equal(appended.row_message, TT_STR("y")));
    ck_assert(!tt_write_read_appended(TT_STR("\x12\x05\x08\x03\x12\x09x"), &appended));
}
TT_END

TT_TEST(frames_carry_their_length_and_are_whole_or_not_there)
{
    struct tt_buf buf;
    struct tt_str message, body;
    tt_buf_init(&buf, 0);
    size_t began = tt_grpc_frame_begin(&buf);
    for (int i = 0; i < 300; i++)
        tt_buf_add_char(&buf, 'x');
    tt_grpc_frame_end(&buf, began);
    began = tt_grpc_frame_begin(&buf);
    tt_grpc_frame_end(&buf, began);
    ck_assert_mem_eq(buf.data, "\x00\x00\x00\x01\x2cxx", 7);
    body = tt_buf_str(&buf);
    ck_assert(tt_grpc_frame_next(&body, &message) && message.len == 300);
    ck_assert(tt_grpc_frame_next(&body, &message) && message.len == 0 && message.ptr != NULL);
    ck_assert(!tt_grpc_frame_next(&body, &message));
    body = (struct tt_str){buf.data, 304};
    ck_assert(!tt_grpc_frame_next(&body, &message));
    buf.data[0] = 1; /* compressed: we never said that we take that */
    body = tt_buf_str(&buf);
    ck_assert(!tt_grpc_frame_next(&body, &message));
    tt_buf_done(&buf);
}
TT_END

TT_TEST(statuses_decide_by_number_and_a_missing_one_is_unclear)
{
    ck_assert_int_eq(tt_grpc_status_read(TT_STR("0")), TT_GRPC_OK);
    ck_assert_int_eq(tt_grpc_status_read(TT_STR("14")), TT_GRPC_UNAVAILABLE);
    ck_assert_int_eq(tt_grpc_status_read(TT_STR_NONE), TT_GRPC_MISSING);
    ck_assert_int_eq(tt_grpc_status_read(TT_STR("-3")), TT_GRPC_MISSING);
    ck_assert_int_eq(tt_err_class(tt_grpc_status_err(TT_GRPC_MISSING)), TT_CLASS_RETRY);
    ck_assert_int_eq(tt_err_class(tt_grpc_status_err(TT_GRPC_ABORTED)), TT_CLASS_RETRY);
    ck_assert_int_eq(tt_err_class(tt_grpc_status_err(99)), TT_CLASS_RETRY);
    ck_assert_int_eq(tt_err_class(tt_grpc_status_err(TT_GRPC_PERMISSION_DENIED)), TT_CLASS_REFUSE);
    ck_assert_str_eq(tt_grpc_status_name(TT_GRPC_OUT_OF_RANGE), "OUT_OF_RANGE");
    ck_assert_str_eq(tt_grpc_status_name(17), "an unknown status");
}
TT_END

TT_TEST(percent_escapes_are_read_and_written)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_percent_decode(&buf, TT_STR("no%20table%3A 5%25%2%zz%"));
    ck_assert_str_eq(buf.data, "no table: 5%%2%zz%");
    tt_buf_clear(&buf);
    tt_percent_encode(&buf, TT_STR("projects/p 1/\xc3\xa9-_.~"));
    ck_assert_str_eq(buf.data, "projects%2Fp%201%2F%C3%A9-_.~");
    tt_buf_done(&buf);
}
TT_END

TT_SUITE("adapters/bigquery/proto", numbers_take_seven_bits_a_byte_lowest_first,
         nested_messages_close_up_around_their_length, what_was_written_is_read_back_field_by_field,
         messages_that_break_off_or_overflow_are_bad,
         the_table_is_described_as_a_message_of_its_columns,
         a_row_becomes_a_message_by_the_types_of_the_columns,
         a_row_that_the_columns_do_not_fit_is_refused_by_name,
         requests_have_the_fields_of_the_service, answers_are_read_and_odd_ones_are_not,
         frames_carry_their_length_and_are_whole_or_not_there,
         statuses_decide_by_number_and_a_missing_one_is_unclear,
         percent_escapes_are_read_and_written)
