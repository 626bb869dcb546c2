/* Which column of a CSV file is which field of an event: --map, and the header of a file. */
#ifndef TT_MODEL_CSV_COLUMNS_H
#define TT_MODEL_CSV_COLUMNS_H

#include "core/model/csv.h"
#include "core/model/event_reader.h"

/* What --map says. */
struct tt_csv_map {
    struct tt_str columns[TT_EVENT_FIELDS]; /* names, borrowed from the option; absent = not said */
};

/* "task_id=Job,status=State"; NULL = nothing. A comma that no "name=" follows belongs to the name
 * of the column. Errors: INVALID. */
enum tt_err tt_csv_map_parse(const char *text, struct tt_csv_map *ret_map,
                             struct tt_fault *fault) TT_MUST_CHECK;

/* A header, read. All of it lives in an arena. */
struct tt_csv_columns {
    size_t count; /* 0 = no header yet */
    struct tt_column {
        const char *name;    /* without blanks around it; "column 3" where it has none of its own */
        struct tt_str place; /* what messages call it: its name, and the field's where it differs */
        bool is_attribute;
    } * list;
    int of_field[TT_EVENT_FIELDS]; /* index of the field's column, -1 = none */
};

/* Errors: INVALID (a column of the map is not there or there twice, a required field has none: says
 * which columns there are; no UTF-8; too many columns), NO_MEMORY. */
enum tt_err tt_csv_columns_read(const struct tt_csv *csv, struct tt_str header,
                                const struct tt_csv_map *map, struct tt_arena *arena,
                                struct tt_csv_columns *ret_columns,
                                struct tt_fault *fault) TT_MUST_CHECK;

#endif
