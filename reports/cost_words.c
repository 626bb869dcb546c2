/* The costs as a table for people, and as JSON. */
#include "reports/cost.h"

#include "core/base/json.h"
#include <stdio.h>

static const char *const guarantees[TT_COST_PATHS] = {
    [TT_COST_LOAD] = "exactly once",
    [TT_COST_WRITE] = "exactly once",
    [TT_COST_INSERTALL] = "at least once",
    [TT_COST_PUBSUB] = "at least once",
};

/* Digits that mean something, however small the amount: 0.0000000048 as 4.80e-09. */
static void add_amount(struct tt_buf *buf, double amount, int width)
{
    char text[40];
    if (amount == 0)
        snprintf(text, sizeof text, "0");
    else if (amount >= 0.01)
        snprintf(text, sizeof text, "%.2f", amount);
    else if (amount >= 0.0001)
        snprintf(text, sizeof text, "%.5f", amount);
    else
        snprintf(text, sizeof text, "%.2e", amount);
    tt_buf_addf(buf, "%*s", width, text);
}

static void add_count(struct tt_buf *buf, double count)
{
    char digits[40];
    int len = snprintf(digits, sizeof digits, "%.0f", count);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            tt_buf_add_char(buf, ',');
        tt_buf_add_char(buf, digits[i]);
    }
}

void tt_cost_write_text(struct tt_buf *buf, const struct tt_prices *prices,
                        const struct tt_cost_case *asked)
{
    add_count(buf, asked->events_per_day);
    tt_buf_addf(buf, " events a day of %.0f bytes", asked->each.row_bytes);
    if (asked->each.message_bytes != asked->each.row_bytes)
        tt_buf_addf(buf, " (%.0f as a message)", asked->each.message_bytes);
    tt_buf_addf(buf, ", kept %.0f days", asked->keep_days);
    if (asked->measured != NULL)
        tt_buf_addf(buf, "; measured in %s", asked->measured);
    tt_buf_addf(buf, ".\n%s, list prices of %s, %s, %s free tier.\n\n", prices->currency,
                prices->date, prices->region, asked->free_tier ? "after the" : "before any");
    tt_buf_addf(buf, "%-10s %12s %12s %12s %14s  %s\n", "path", "upload", "storage", "queries",
                "one message", "guarantee");
    tt_buf_addf(buf, "%-10s %12s %12s %12s\n", "", "a month", "a month", "a month");
    for (int path = 0; path < TT_COST_PATHS; path++) {
        struct tt_cost_line line = tt_cost_line(prices, asked, (enum tt_cost_path)path);
        tt_buf_addf(buf, "%-10s ", tt_cost_path_name((enum tt_cost_path)path));
        add_amount(buf, line.upload_month, 12);
        tt_buf_add_char(buf, ' ');
        add_amount(buf, line.store_month, 12);
        tt_buf_add_char(buf, ' ');
        add_amount(buf, line.query_month, 12);
        tt_buf_addf(buf, " %14.2e  %s\n", line.message, guarantees[path]);
    }
    tt_buf_addf(buf, "\npubsub: %.0f %s a request. queries: one a day over the day's rows.\n",
                asked->each.messages_per_request,
                asked->each.messages_per_request == 1 ? "message" : "messages");
}

static void add_real(struct tt_buf *buf, const char *key, double value)
{
    tt_json_add_key(buf, key);
    tt_json_add_real(buf, value);
}

static void add_text(struct tt_buf *buf, const char *key, const char *value)
{
    tt_json_add_key(buf, key);
    tt_json_add_text(buf, tt_str_from(value));
}

void tt_cost_write_json(struct tt_buf *buf, const struct tt_prices *prices,
                        const struct tt_cost_case *asked)
{
    tt_buf_add_char(buf, '{');
    add_real(buf, "events_per_day", asked->events_per_day);
    add_real(buf, "row_bytes", asked->each.row_bytes);
    add_real(buf, "message_bytes", asked->each.message_bytes);
    add_real(buf, "messages_per_request", asked->each.messages_per_request);
    add_real(buf, "keep_days", asked->keep_days);
    add_text(buf, "currency", prices->currency);
    add_text(buf, "prices_of", prices->date);
    add_text(buf, "region", prices->region);
    tt_json_add_key(buf, "free_tier");
    tt_buf_add_text(buf, asked->free_tier ? "true" : "false");
    tt_json_add_key(buf, "paths");
    tt_buf_add_char(buf, '{');
    for (int path = 0; path < TT_COST_PATHS; path++) {
        struct tt_cost_line line = tt_cost_line(prices, asked, (enum tt_cost_path)path);
        tt_json_add_key(buf, tt_cost_path_name((enum tt_cost_path)path));
        tt_buf_add_char(buf, '{');
        add_real(buf, "upload_month", line.upload_month);
        add_real(buf, "storage_month", line.store_month);
        add_real(buf, "query_month", line.query_month);
        add_real(buf, "message", line.message);
        add_text(buf, "guarantee", guarantees[path]);
        tt_buf_add_char(buf, '}');
    }
    tt_buf_add_text(buf, "}}\n");
}
