/* The tables that are uploaded, as data: columns, partitioning, clustering. Schema files, NDJSON
 * rows, protobuf descriptors and the SQL of views follow from them.
 *
 * A row travels as one JSON object (NDJSON): INT64 as text, TIMESTAMP as RFC 3339 UTC with six
 * decimals, BOOL true or false, JSON nested; absent values are left out. */
#ifndef TT_MODEL_UPLOAD_TABLE_H
#define TT_MODEL_UPLOAD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
