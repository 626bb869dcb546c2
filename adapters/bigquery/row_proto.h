/* Rows as the Storage Write API takes them: a descriptor of the table's columns, made at run time,
 * and each row as a message of it. Column i (0-based) is field i + 1.
 *
 * STRING and JSON are strings, INT64 and TIMESTAMP (microseconds) int64, BOOL bool. */
#ifndef TT_ADAPTERS_BIGQUERY_ROW_PROTO_H
#define TT_ADAPTERS_BIGQUERY_ROW_PROTO_H

#include "core/base/buf.h"
#include "core/model/upload_table.h"

/* google.protobuf.DescriptorProto. */
void tt_row_proto_describe(struct tt_buf *buf, const struct tt_upload_table *table);
/* One NDJSON line as a message. `scratch` is emptied and used. Errors: REJECT (no such row: not an
 * object, an unknown column, a value that is none of the column's type, a required one missing),
 * NO_MEMORY. */
enum tt_err tt_row_proto_encode(struct tt_buf *buf, const struct tt_upload_table *table,
                                struct tt_str json, struct tt_buf *scratch,
                                struct tt_fault *fault) TT_MUST_CHECK;

#endif
