/* The tables that are uploaded, as data: columns, partitioning, clustering. Schema files, NDJSON
 * rows, protobuf descriptors and the SQL of views follow from them.
 *
 * A row travels as one JSON object (NDJSON): INT64 as text, TIMESTAMP as RFC 3339 UTC with six
 * decimals, BOOL true or false, JSON nested; absent values are left out. */
#ifndef TT_MODEL_UPLOAD_TABLE_H
#define TT_MODEL_UPLOAD_TABLE_H

#include "core/base/buf.h"

enum tt_column_type {
    TT_COLUMN_STRING,
    TT_COLUMN_INT64,
    TT_COLUMN_TIMESTAMP,
    TT_COLUMN_BOOL,
    TT_COLUMN_JSON
};

struct tt_upload_column {
    const char *name;
    enum tt_column_type type;
    bool required;
    const char *description; /* one line */
};

struct tt_upload_table {
    const char *name; /* task_status_audit */
    const char *description;
    const struct tt_upload_column *columns; /* new ones only ever at the end, and nullable */
    size_t column_count;
    const char *partition_by;  /* a TIMESTAMP column; by day */
    const char *cluster_by[4]; /* NULL behind the last */
    const char *row_uid;       /* column that tells rows apart */
};

/* Every table, each once; new ones at the end. */
enum tt_upload_table_id { TT_UPLOAD_AUDIT, TT_UPLOAD_DISCREPANCY, TT_UPLOAD_TABLES };
extern const struct tt_upload_table tt_upload_tables[TT_UPLOAD_TABLES];
/* By name; NULL: there is none. */
const struct tt_upload_table *tt_upload_table_named(struct tt_str name);

/* "INTEGER", as schemas of BigQuery name the type. */
const char *tt_column_type_name(enum tt_column_type type);
/* The schema file: an array of {name, type, mode, description}, as `bq load` and the API take it.
 */
void tt_upload_table_write_schema(struct tt_buf *buf, const struct tt_upload_table *table);

#endif
