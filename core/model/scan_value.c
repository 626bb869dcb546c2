/* What the machine codes of the scan call now and then: numbers, null, a new date, the last bytes
 * of a text, and what an event needs to be one. */
#include "core/model/scan_parts.h"

/* An integer of at most 18 digits, as JSON writes it but not "-0"; longer ones are rare enough. */
static const char *read_integer(const char *at, const char *end, int64_t *ret_value)
{
    enum { DIGITS_MAX = 18 };
    bool negative = at < end && *at == '-';
    const char *digits = at + negative;
    int64_t value = 0;
    for (at = digits; at < end && *at >= '0' && *at <= '9'; at++) {
        if (at - digits == DIGITS_MAX)
            return NULL;
        value = value * 10 + (*at - '0');
    }
    if (at == digits || (*digits == '0' && (at - digits > 1 || negative)))
        return NULL;
    *ret_value = negative ? -value : value;
    return at;
}

const char *tt_scan_bare(struct tt_scan *scan, const struct tt_scan_step *step, const char *at,
                         const char *end)
{
    struct tt_event *event = &scan->event;
    int64_t value;
    if (end - at >= 4 && memcmp(at, "null", 4) == 0)
        return at + 4;
    const char *behind = read_integer(at, end, &value);
    if (behind == NULL)
        return NULL;
    switch (step->field) {
    case TT_SCAN_SEQ:
        event->seq = value;
        event->has_seq = true;
        return behind;
    case TT_SCAN_ERROR_CODE:
        event->error_code = (struct tt_str){at, (size_t)(behind - at)};
        event->error_code_is_int = true;
        return behind;
    case TT_SCAN_EVENT_TIME:
    case TT_SCAN_RECEIVED_AT:
        if (!tt_time_in_range(value))
            return NULL;
        memcpy((char *)event + step->offset, &value, sizeof value);
        return behind;
    default: return NULL;
    }
}

bool tt_scan_complete(struct tt_event *event)
{
    static const char standard[TT_SCAN_BLOCK_BYTES] = "default";
    if (event->task_id.len == 0 || event->status.len == 0 || event->event_time_us == TT_TIME_NONE)
        return false;
    if (event->tenant.ptr == NULL)
        event->tenant = (struct tt_str){standard, sizeof "default" - 1};
    else if (event->tenant.len == 0)
        return false;
    if (event->event_id.len == 0)
        event->event_id = TT_STR_NONE;
    return true;
}

const char *tt_scan_tail(struct tt_scan *scan, const char *at)
{
    memset(scan->tail, 0, sizeof scan->tail);
    memcpy(scan->tail, at, (size_t)(scan->readable_end - at));
    return scan->tail;
}

bool tt_scan_date(const char *text, struct tt_scan_date *date)
{
    char whole[] = "YYYY-MM-DDT00:00:00Z";
    int64_t us;
    memcpy(whole, text, TT_SCAN_DATE_BYTES);
    if (!tt_time_parse((struct tt_str){whole, sizeof whole - 1}, &us))
        return false;
    memcpy(&date->start, text, sizeof date->start);
    memcpy(&date->rest, text + TT_SCAN_DATE_BYTES - sizeof date->rest, sizeof date->rest);
    date->us = us;
    return true;
}
