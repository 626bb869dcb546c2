#include "adapters/bigquery/row_proto.h"

#include "adapters/bigquery/proto.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/time.h"

/* Of google/protobuf/descriptor.proto. */
enum { MESSAGE_NAME = 1, MESSAGE_FIELD = 2 };
enum { FIELD_NAME = 1, FIELD_NUMBER = 3, FIELD_LABEL = 4, FIELD_TYPE = 5 };
enum { LABEL_OPTIONAL = 1, LABEL_REQUIRED = 2 };
enum { TYPE_INT64 = 3, TYPE_BOOL = 8, TYPE_STRING = 9 };

static unsigned proto_type(enum tt_column_type type)
{
    switch (type) {
    case TT_COLUMN_INT64:
    case TT_COLUMN_TIMESTAMP: return TYPE_INT64;
    case TT_COLUMN_BOOL: return TYPE_BOOL;
    case TT_COLUMN_STRING:
    case TT_COLUMN_JSON: break;
    }
    return TYPE_STRING;
}

void tt_row_proto_describe(struct tt_buf *buf, const struct tt_upload_table *table)
{
    tt_proto_add_text(buf, MESSAGE_NAME, TT_STR("Row"));
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        size_t began = tt_proto_begin(buf, MESSAGE_FIELD);
        tt_proto_add_text(buf, FIELD_NAME, tt_str_from(column->name));
        tt_proto_add_uint(buf, FIELD_NUMBER, i + 1);
        tt_proto_add_uint(buf, FIELD_LABEL, column->required ? LABEL_REQUIRED : LABEL_OPTIONAL);
        tt_proto_add_uint(buf, FIELD_TYPE, proto_type(column->type));
        tt_proto_end(buf, began);
    }
}

static const char *const type_words[] = {
    [TT_COLUMN_STRING] = "a text",
    [TT_COLUMN_INT64] = "a 64-bit integer as text",
    [TT_COLUMN_TIMESTAMP] = "a time as RFC 3339",
    [TT_COLUMN_BOOL] = "true or false",
    [TT_COLUMN_JSON] = "any value",
};

/* False: no value of that type. */
static bool add_value(struct tt_buf *buf, unsigned field, enum tt_column_type type,
                      const struct tt_json *value, struct tt_buf *scratch)
{
    bool is_text = tt_json_type(value) == TT_JSON_TEXT;
    int64_t number = 0;
    switch (type) {
    case TT_COLUMN_STRING:
        if (is_text)
            tt_proto_add_text(buf, field, tt_json_text(value));
        return is_text;
    case TT_COLUMN_INT64:
        if (!is_text || !tt_str_to_int(tt_json_text(value), &number))
            return false;
        tt_proto_add_uint(buf, field, (uint64_t)number);
        return true;
    case TT_COLUMN_TIMESTAMP:
        if (!is_text || !tt_time_parse(tt_json_text(value), &number))
            return false;
        tt_proto_add_uint(buf, field, (uint64_t)number);
        return true;
    case TT_COLUMN_BOOL:
        if (tt_json_type(value) != TT_JSON_BOOL)
            return false;
        tt_proto_add_uint(buf, field, tt_json_bool(value));
        return true;
    case TT_COLUMN_JSON:
        tt_buf_clear(scratch);
        tt_json_write(scratch, value);
        tt_proto_add_text(buf, field, tt_buf_str(scratch));
        return true;
    }
    return false;
}

static enum tt_err add_columns(struct tt_buf *buf, const struct tt_upload_table *table,
                               const struct tt_json *row, struct tt_buf *scratch,
                               struct tt_fault *fault)
{
    size_t known = 0;
    if (tt_json_type(row) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_REJECT, "the row is no JSON object");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        const struct tt_json *value = tt_json_get(row, column->name);
        known += value != NULL;
        if (value == NULL || tt_json_type(value) == TT_JSON_NULL) {
            if (column->required)
                return tt_fault_set(fault, TT_ERR_REJECT, "column %s is missing", column->name);
        } else if (!add_value(buf, (unsigned)i + 1, column->type, value, scratch)) {
            return tt_fault_set(fault, TT_ERR_REJECT, "column %s: expected %s", column->name,
                                type_words[column->type]);
        }
    }
    if (known != tt_json_count(row))
        return tt_fault_set(fault, TT_ERR_REJECT, "the row has a column that %s has not",
                            table->name);
    if (buf->err != TT_OK || scratch->err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    return TT_OK;
}

enum tt_err tt_row_proto_encode(struct tt_buf *buf, const struct tt_upload_table *table,
                                struct tt_str json, struct tt_buf *scratch, struct tt_fault *fault)
{
    struct tt_json *row = NULL;
    enum tt_err err = tt_json_parse(json, TT_JSON_DEPTH_MAX, &row, fault);
    if (err == TT_OK)
        err = add_columns(buf, table, row, scratch, fault);
    tt_json_free(row);
    return err;
}
