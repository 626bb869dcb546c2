#include "reports/cost.h"

#define GIB          1073741824.0
#define TIB          (GIB * 1024)
#define DAYS_A_MONTH (365.25 / 12)

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

const char *tt_cost_path_name(enum tt_cost_path path)
{
    static const char *const names[TT_COST_PATHS] = {"load", "write", "insertall", "pubsub"};
    return names[path];
}

/* A request counts as the messages in it, but no less than a minimum. */
static double published_bytes(const struct tt_prices *prices, const struct tt_cost_volume *volume)
{
    double message = volume->message_bytes + prices->pubsub_message_bytes_more;
    double together = larger(volume->messages_per_request, 1);
    return volume->rows * larger(prices->pubsub_request_bytes_min, message * together) / together;
}

double tt_cost_upload(const struct tt_prices *prices, enum tt_cost_path path,
                      const struct tt_cost_volume *volume, bool free_tier)
{
    double bytes = volume->rows * volume->row_bytes;
    double write_free = free_tier ? prices->write_free_gib * GIB : 0;
    double publish_free = free_tier ? prices->pubsub_publish_free_gib * GIB : 0;
    switch (path) {
    case TT_COST_LOAD: return bytes / GIB * prices->load_gib;
    case TT_COST_WRITE: return larger(bytes - write_free, 0) / GIB * prices->write_gib;
    case TT_COST_INSERTALL:
        return volume->rows * larger(prices->insertall_row_bytes_min, volume->row_bytes) / GIB *
               prices->insertall_gib;
    case TT_COST_PUBSUB:
        return larger(published_bytes(prices, volume) - publish_free, 0) / TIB *
                   prices->pubsub_publish_tib +
               volume->rows * (volume->message_bytes + prices->pubsub_message_bytes_more) / TIB *
                   prices->pubsub_delivery_tib;
    case TT_COST_PATHS: break;
    }
    return 0;
}

double tt_cost_keep(const struct tt_prices *prices, const struct tt_cost_volume *volume,
                    double days)
{
    double young = smaller(days, prices->storage_old_days);
    return volume->rows * volume->row_bytes / GIB / DAYS_A_MONTH *
           (young * prices->storage_gib_month +
            larger(days - young, 0) * prices->storage_old_gib_month);
}

double tt_cost_query(const struct tt_prices *prices, double bytes)
{
    return larger(prices->query_bytes_min, bytes) / TIB * prices->query_tib;
}

/* Free storage is taken off what is dearest: what is young. */
static double keep_month(const struct tt_prices *prices, const struct tt_cost_case *asked)
{
    double day_gib = asked->events_per_day * asked->each.row_bytes / GIB;
    double young_days = smaller(asked->keep_days, prices->storage_old_days);
    double young = day_gib * young_days, old = day_gib * (asked->keep_days - young_days);
    double free_gib = asked->free_tier ? prices->storage_free_gib : 0;
    double young_left = larger(young - free_gib, 0);
    double old_left = larger(old - larger(free_gib - young, 0), 0);
    return young_left * prices->storage_gib_month + old_left * prices->storage_old_gib_month;
}

struct tt_cost_line tt_cost_line(const struct tt_prices *prices, const struct tt_cost_case *asked,
                                 enum tt_cost_path path)
{
    struct tt_cost_line line = {0};
    struct tt_cost_volume month = asked->each;
    double day_bytes = asked->events_per_day * asked->each.row_bytes;
    double queries = tt_cost_query(prices, day_bytes) * DAYS_A_MONTH;
    double queries_free = asked->free_tier ? prices->query_free_tib * prices->query_tib : 0;
    month.rows = asked->events_per_day * DAYS_A_MONTH;
    line.upload_month = tt_cost_upload(prices, path, &month, asked->free_tier);
    line.store_month = keep_month(prices, asked);
    line.query_month = larger(queries - queries_free, 0);
    double kept =
        asked->free_tier ? line.store_month : tt_cost_keep(prices, &month, asked->keep_days);
    line.message = (line.upload_month + kept + line.query_month) / month.rows;
    return line;
}
