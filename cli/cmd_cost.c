/* What the rows cost in BigQuery: from numbers given, or measured in a store. */
#include "cli/commands.h"

#include "adapters/system/file.h"
#include "cli/cost.h"
#include "cli/store_url.h"
#include "core/model/audit_row.h"
#include "core/model/upload_table.h"
#include <stdio.h>

enum { DEFAULT_EVENTS_A_DAY = 1000000, DEFAULT_BYTES = 300 };
#define DAY_US INT64_C(86400000000)

struct measure {
    struct tt_buf line;
    uint64_t rows, row_bytes, line_bytes;
    int64_t first_us, last_us; /* enqueued */
};

/* As BigQuery counts: a text is 2 and its UTF-8, a number or time 8, a truth value 1. */
static uint64_t event_bytes(const struct tt_event *event)
{
    uint64_t bytes = 8; /* its time */
    bytes += event->has_seq ? 8 : 0;
    bytes += event->received_at_us != TT_TIME_NONE ? 8 : 0;
#define TEXT_BYTES(name) bytes += event->name.ptr != NULL ? 2 + event->name.len : 0;
    TT_EVENT_TEXT_FIELDS(TEXT_BYTES)
    TEXT_BYTES(error_code)
    TEXT_BYTES(attributes)
#undef TEXT_BYTES
    return bytes;
}

static bool is_of_event(const char *column)
{
    static const char *const others[] = {"event_time", "seq", "received_at", "error_code",
                                         "attributes"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(column, others[i]) == 0)
            return true;
#define IS_NAMED(name)                                                                             \
    if (strcmp(column, #name) == 0)                                                                \
        return true;
    TT_EVENT_TEXT_FIELDS(IS_NAMED)
#undef IS_NAMED
    return false;
}

/* What an uploaded row has beyond its event: known by type alone, so the length is a typical one.
 */
static void add_own_columns(uint64_t *row_bytes, uint64_t *line_bytes)
{
    static const struct {
        unsigned row, line;
    } typical[] = {
        [TT_COLUMN_STRING] = {14, 14}, [TT_COLUMN_INT64] = {8, 9},  [TT_COLUMN_TIMESTAMP] = {8, 29},
        [TT_COLUMN_BOOL] = {1, 5},     [TT_COLUMN_JSON] = {14, 14},
    };
    const struct tt_upload_table *table = &tt_upload_tables[TT_UPLOAD_AUDIT];
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        if (is_of_event(column->name))
            continue;
        *row_bytes += typical[column->type].row;
        *line_bytes += strlen(column->name) + 4 + typical[column->type].line;
    }
}

static enum tt_err measure_row(void *context, const struct tt_audit_row *row)
{
    struct measure *measure = context;
    if (!tt_audit_is_event(row))
        return TT_OK; /* no event, and never uploaded */
    tt_buf_clear(&measure->line);
    tt_event_write_json(&measure->line, &row->event);
    measure->line_bytes += measure->line.len;
    measure->row_bytes += event_bytes(&row->event);
    add_own_columns(&measure->row_bytes, &measure->line_bytes);
    if (measure->rows == 0 || row->enqueued_at_us < measure->first_us)
        measure->first_us = row->enqueued_at_us;
    if (measure->rows == 0 || row->enqueued_at_us > measure->last_us)
        measure->last_us = row->enqueued_at_us;
    measure->rows++;
    return measure->line.err;
}

static enum tt_err measure_store(const char *url, struct tt_cost_case *asked,
                                 struct tt_fault *fault)
{
    struct tt_opened_store opened = {0};
    struct measure measure = {0};
    tt_buf_init(&measure.line, 0);
    enum tt_err err = tt_store_url_open_reader(url, &opened, fault);
    if (err == TT_OK)
        err = opened.reader.audit(opened.reader.context, TT_STR_NONE, TT_STR_NONE, measure_row,
                                  &measure, fault);
    if (err == TT_OK && measure.rows == 0)
        err = tt_fault_set(fault, TT_ERR_NOT_FOUND,
                           "cost: the store has no events to measure; give --events-per-day and "
                           "--bytes");
    if (err == TT_OK) {
        int64_t span_us = measure.last_us - measure.first_us;
        double days = span_us > DAY_US ? (double)span_us / (double)DAY_US : 1;
        asked->events_per_day = (double)measure.rows / days;
        asked->each.row_bytes = (double)measure.row_bytes / (double)measure.rows;
        asked->each.message_bytes = (double)measure.line_bytes / (double)measure.rows;
        asked->measured = "the store";
    }
    tt_store_url_close(&opened);
    tt_buf_done(&measure.line);
    return err;
}

enum tt_err tt_cost_prices(const char *path, struct tt_prices *ret_prices, struct tt_fault *fault)
{
    struct tt_buf text;
    if (path == NULL)
        return tt_prices_parse(tt_prices_text(), ret_prices, fault);
    tt_buf_init(&text, TT_PRICES_FILE_BYTES_MAX);
    enum tt_err err = tt_file_read(path, &text, fault);
    if (err == TT_OK) {
        err = tt_prices_parse(tt_buf_str(&text), ret_prices, fault);
        if (err != TT_OK)
            tt_fault_prefix(fault, "%s", path);
    }
    tt_buf_done(&text);
    return err;
}

static enum tt_err ask(const struct tt_settings *settings, struct tt_cost_case *asked,
                       struct tt_fault *fault)
{
    const struct tt_value *store = &settings->values[TT_OPT_STORE];
    *asked = (struct tt_cost_case){
        .events_per_day = DEFAULT_EVENTS_A_DAY,
        .each = {1, DEFAULT_BYTES, DEFAULT_BYTES,
                 (double)tt_setting_u64(settings, TT_OPT_PER_REQUEST)},
        .keep_days = (double)tt_setting_us(settings, TT_OPT_RETENTION) / (double)DAY_US,
        .free_tier = tt_setting_on(settings, TT_OPT_FREE_TIER),
    };
    if (settings->argument_count > 0)
        return tt_fault_set(fault, TT_ERR_INVALID, "cost: expected no arguments");
    static const enum tt_option_id measured[] = {TT_OPT_STORE};
    bool given = tt_setting_has(settings, TT_OPT_EVENTS_PER_DAY) &&
                 tt_setting_has(settings, TT_OPT_BYTES); /* nothing is left to measure */
    if (given && tt_settings_refuse(settings, measured, 1,
                                    "measures what --events-per-day and --bytes say: leave it or "
                                    "one of them out",
                                    fault) != TT_OK)
        return fault->code;
    if (!given && store->text != NULL && strcmp(store->from, "default") != 0) {
        enum tt_err err = measure_store(store->text, asked, fault);
        if (err != TT_OK)
            return err;
    }
    if (tt_setting_has(settings, TT_OPT_EVENTS_PER_DAY))
        asked->events_per_day = (double)tt_setting_u64(settings, TT_OPT_EVENTS_PER_DAY);
    if (tt_setting_has(settings, TT_OPT_BYTES))
        asked->each.row_bytes = asked->each.message_bytes =
            (double)tt_setting_u64(settings, TT_OPT_BYTES);
    return TT_OK;
}

int tt_cmd_cost(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_cost_case asked;
    struct tt_prices prices;
    struct tt_buf text;
    enum tt_err err = ask(settings, &asked, &fault);
    if (err == TT_OK)
        err = tt_cost_prices(tt_setting_text(settings, TT_OPT_PRICES), &prices, &fault);
    if (err != TT_OK)
        return tt_exit_with(&fault);
    tt_buf_init(&text, 0);
    if (tt_setting_on(settings, TT_OPT_JSON))
        tt_cost_write_json(&text, &prices, &asked);
    else
        tt_cost_write_text(&text, &prices, &asked);
    if (text.err != TT_OK) {
        tt_fault_set(&fault, text.err, "out of memory");
        tt_buf_done(&text);
        return tt_exit_with(&fault);
    }
    fwrite(text.data, 1, text.len, stdout);
    tt_buf_done(&text);
    return TT_EXIT_CLEAN;
}
