/* How large a row is as BigQuery counts it: a text is 2 and its UTF-8, a number or a time 8, a
 * truth value 1; what is absent is nothing. */
#include "core/upload/maker_parts.h"

#include "core/base/json.h"

enum { NUMBER = 8, TRUTH = 1, TEXT = 2 };

static uint64_t json_bytes(const struct tt_json *value)
{
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_json_write(&text, value);
    uint64_t bytes = TEXT + text.len;
    tt_buf_done(&text);
    return bytes;
}

uint64_t tt_column_bytes(const struct tt_upload_table *table, struct tt_str line)
{
    struct tt_json *row = NULL;
    uint64_t bytes = 0;
    if (tt_json_parse(line, TT_JSON_DEPTH_MAX, &row, NULL) != TT_OK)
        return 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_json *value = tt_json_get(row, table->columns[i].name);
        if (value == NULL)
            continue;
        switch (table->columns[i].type) {
        case TT_COLUMN_STRING: bytes += TEXT + tt_json_text(value).len; break;
        case TT_COLUMN_JSON: bytes += json_bytes(value); break;
        case TT_COLUMN_BOOL: bytes += TRUTH; break;
        case TT_COLUMN_INT64:
        case TT_COLUMN_TIMESTAMP: bytes += NUMBER; break;
        }
    }
    tt_json_free(row);
    return bytes;
}
