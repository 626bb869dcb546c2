/* Audit rows as BigQuery reads them: one JSON object a line, and the table's schema.
 *
 * INT64 travels as text (JSON numbers lose digits beyond 2^53), TIMESTAMP as RFC 3339 UTC with six
 * decimals, JSON columns as nested values. Schema and rows come from one table of columns.
 */
#ifndef TT_MODEL_AUDIT_JSON_H
#define TT_MODEL_AUDIT_JSON_H

#include "core/base/buf.h"
#include "core/model/audit_row.h"

/* One row, without line end; absent values are left out. */
void tt_audit_write_json(struct tt_buf *buf, const struct tt_audit_row *row);
/* The schema file: an array of {name, type, mode, description}, as `bq load` and the API take it.
 */
void tt_audit_write_schema(struct tt_buf *buf);

#endif
