/* dpkg's log, /var/log/dpkg.log: "2026-03-01 12:00:00 status unpacked libssl3:amd64 3.0.15-1". Such
 * lines are events: the package is the task, its state the status, local time the event time. Lines
 * that tell of actions (startup, install, upgrade, configure, ...) are passed over; what is neither
 * is a reject.
 *
 * The log has no event ids, and one second may hold several equal lines that are different events
 * (a package is "unpacked" at the end of unpacking and again when its configuration starts). So
 * each event gets the local second and its ordinal among that second's status lines:
 * "20260301T120000-3". Reading the same log again, or its rotated copy, gives the same ids. */
#include "core/base/zone.h"
#include "core/model/decoder_parts.h"

#include "core/base/json.h"
#include <stdio.h>

struct dpkg {
    struct tt_zone zone;
    int64_t last_us;  /* of the line before, TT_TIME_NONE at the start of a file */
    char second[20];  /* "2026-03-01 12:00:00" */
    unsigned ordinal; /* status lines in that second so far */
    struct tt_buf attributes;
};

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    struct dpkg *dpkg = decoder->state;
    dpkg->last_us = TT_TIME_NONE;
    tt_buf_init(&dpkg->attributes, 1 << 20);
    return tt_zone_open(decoder->options.zone, &dpkg->zone, fault);
}

static void done(struct tt_decoder *decoder)
{
    struct dpkg *dpkg = decoder->state;
    tt_buf_done(&dpkg->attributes);
}

static void file_start(struct tt_decoder *decoder)
{
    struct dpkg *dpkg = decoder->state;
    dpkg->last_us = TT_TIME_NONE;
    dpkg->second[0] = '\0';
}

static int digits(const char *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

/* "2026-03-01 12:00:00" in the decoder's zone. */
static bool read_time(struct dpkg *dpkg, const char *at, int64_t *ret_us)
{
    int year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
    int hour = digits(at + 11, 2), minute = digits(at + 14, 2), second = digits(at + 17, 2);
    if (year < 1970 || !tt_time_date_exists(year, month, day) || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60 || at[4] != '-' || at[7] != '-' ||
        at[10] != ' ' || at[13] != ':' || at[16] != ':')
        return false;
    *ret_us = tt_zone_to_utc_us(&dpkg->zone, year, month, day, hour, minute, second, dpkg->last_us);
    return tt_time_in_range(*ret_us);
}

/* The next word, up to a space or the end. */
static struct tt_str next_word(struct tt_str *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ')
        len++;
    struct tt_str word = {rest->ptr, len};
    size_t skip = len < rest->len ? len + 1 : len;
    *rest = (struct tt_str){rest->ptr + skip, rest->len - skip};
    return word;
}

static enum tt_err give(struct tt_decoder *decoder, int64_t event_time_us, struct tt_str rest,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct dpkg *dpkg = decoder->state;
    struct tt_str state = next_word(&rest), package = next_word(&rest), version = next_word(&rest);
    if (state.len == 0 || package.len == 0 || version.len == 0 || rest.len > 0)
        return tt_fault_set(fault, TT_ERR_REJECT, "expected \"status STATE PACKAGE VERSION\"");
    char id[40];
    const char *s = dpkg->second;
    snprintf(id, sizeof id, "%.4s%.2s%.2sT%.2s%.2s%.2s-%u", s, s + 5, s + 8, s + 11, s + 14, s + 17,
             dpkg->ordinal);
    tt_buf_clear(&dpkg->attributes);
    tt_buf_add_text(&dpkg->attributes, "{\"version\":");
    tt_json_add_text(&dpkg->attributes, version);
    tt_buf_add_char(&dpkg->attributes, '}');
    if (dpkg->attributes.err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    const struct tt_event event = {
        .tenant = TT_STR("default"),
        .task_id = package,
        .status = state,
        .event_id = tt_str_from(id),
        .task_type = TT_STR("package"),
        .source = TT_STR("dpkg"),
        .attributes = tt_buf_str(&dpkg->attributes),
        .event_time_us = event_time_us,
        .received_at_us = TT_TIME_NONE,
    };
    return sink->event(sink->context, &event);
}

static enum tt_err decode_line(struct tt_decoder *decoder, struct tt_str line,
                               const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    static const char *const passed_over[] = {"startup",  "install",      "upgrade", "configure",
                                              "trigproc", "remove",       "purge",   "disappear",
                                              "conffile", "abort-upgrade"};
    enum { TIME_CHARS = 19 };
    struct dpkg *dpkg = decoder->state;
    int64_t us;
    if (!tt_str_is_utf8(line) || memchr(line.ptr, '\0', line.len) != NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "not UTF-8 text");
    if (line.len < TIME_CHARS + 2 || line.ptr[TIME_CHARS] != ' ' || !read_time(dpkg, line.ptr, &us))
        return tt_fault_set(
            fault, TT_ERR_REJECT,
            "expected a line of dpkg's log: \"DATE TIME status STATE PACKAGE VERSION\"");
    struct tt_str rest = {line.ptr + TIME_CHARS + 1, line.len - TIME_CHARS - 1};
    struct tt_str word = next_word(&rest);
    dpkg->last_us = us;
    if (tt_str_equal(word, TT_STR("status"))) {
        bool same_second = memcmp(dpkg->second, line.ptr, TIME_CHARS) == 0;
        dpkg->ordinal = same_second ? dpkg->ordinal + 1 : 1;
        memcpy(dpkg->second, line.ptr, TIME_CHARS);
        return give(decoder, us, rest, sink, fault);
    }
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
        if (tt_str_equal(word, tt_str_from(passed_over[i])))
            return TT_OK;
    return tt_fault_set(fault, TT_ERR_REJECT, "unknown action \"%.*s\"", TT_STR_ARGS(word));
}

const struct tt_decoder_kind tt_decoder_dpkg = {
    .name = "dpkg",
    .state_bytes = sizeof(struct dpkg),
    .start = start,
    .line = decode_line,
    .file_start = file_start,
    .done = done,
};
