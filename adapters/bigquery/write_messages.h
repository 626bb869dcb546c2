/* The messages of google.cloud.bigquery.storage.v1.BigQueryWrite that are used, by their field
 * numbers. Requests are appended to a buffer; answers are read into values whose text borrows from
 * the message. A reader returns false when the message is bad: then nothing is known. */
#ifndef TT_ADAPTERS_BIGQUERY_WRITE_MESSAGES_H
#define TT_ADAPTERS_BIGQUERY_WRITE_MESSAGES_H

#include "core/base/buf.h"

enum tt_storage_error {
    TT_STORAGE_TABLE_NOT_FOUND = 1,
    TT_STORAGE_STREAM_ALREADY_COMMITTED = 2,
    TT_STORAGE_STREAM_NOT_FOUND = 3,
    TT_STORAGE_INVALID_STREAM_TYPE = 4,
    TT_STORAGE_INVALID_STREAM_STATE = 5,
    TT_STORAGE_STREAM_FINALIZED = 6,
};

/* CreateWriteStream in projects/P/datasets/D/tables/T: rows that show when committed. */
void tt_write_ask_create(struct tt_buf *buf, struct tt_str table_path);
/* GetWriteStream, FinalizeWriteStream. */
void tt_write_ask_name(struct tt_buf *buf, struct tt_str stream);
/* BatchCommitWriteStreams of one. */
void tt_write_ask_commit(struct tt_buf *buf, struct tt_str table_path, struct tt_str stream);

/* AppendRows: the head, and then the rows that the caller adds, `rows_bytes` of them, each by
 * tt_write_add_row. */
struct tt_write_append {
    struct tt_str stream;
    uint64_t offset;          /* of the first row */
    struct tt_str descriptor; /* tt_row_proto_describe */
    struct tt_str trace_id;
};
void tt_write_ask_append(struct tt_buf *buf, const struct tt_write_append *append,
                         size_t rows_bytes);
void tt_write_add_row(struct tt_buf *buf, struct tt_str row);

struct tt_write_stream {
    struct tt_str name;
    bool committed;
};
bool tt_write_read_stream(struct tt_str message, struct tt_write_stream *ret_stream);
bool tt_write_read_finalized(struct tt_str message, uint64_t *ret_rows);

struct tt_write_committed {
    bool committed;
    unsigned errors;
    int code; /* of the first error, enum tt_storage_error; 0: none */
    struct tt_str message;
};
bool tt_write_read_committed(struct tt_str message, struct tt_write_committed *ret_committed);

struct tt_write_appended {
    int status; /* enum tt_grpc_status, of the error within the answer; OK where it has none */
    struct tt_str message;
    unsigned row_errors;
    int64_t bad_row; /* of the first row error: index within the request; -1: none */
    struct tt_str row_message;
};
bool tt_write_read_appended(struct tt_str message, struct tt_write_appended *ret_appended);

#endif
