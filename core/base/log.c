#include "core/base/log.h"

#include "core/base/json.h"
#include "core/base/time.h"
#include "core/base/utf8.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_BYTES = 2048 };

static enum tt_log_level threshold = TT_LOG_INFO;
static enum tt_log_format style = TT_LOG_TEXT;
static const char *const level_names[] = {"error", "warning", "info", "debug"};

void tt_log_configure(enum tt_log_level level, enum tt_log_format format)
{
    threshold = level;
    style = format;
}

bool tt_log_enabled(enum tt_log_level level)
{
    return level <= threshold;
}

static void write_all(const char *at, size_t left)
{
    while (left > 0) {
        ssize_t wrote = write(STDERR_FILENO, at, left);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break; /* stderr is gone: nowhere left to tell */
        at += wrote;
        left -= (size_t)wrote;
    }
}

/* Without allocating: that memory has run out is to be told, too. */
static void write_text(enum tt_log_level level, const char *text)
{
    char line[TEXT_BYTES + 32];
    int start =
        snprintf(line, sizeof line, "tasktrail: %s%s",
                 level == TT_LOG_INFO ? "" : level_names[level], level == TT_LOG_INFO ? "" : ": ");
    size_t len = (size_t)start;
    const struct tt_str all = tt_str_from(text);
    const size_t room = sizeof line - 4; /* up to there the longest character fits */
    for (size_t at = 0; at < all.len && len < room;) {
        size_t width = tt_utf8_width(all, at);
        if (width > 0 && !tt_utf8_is_control(text + at, width)) {
            memcpy(line + len, text + at, width);
            len += width;
        } else {
            line[len++] = '?';
        }
        at += width > 0 ? width : 1;
    }
    line[len++] = '\n';
    write_all(line, len);
}

static void write_json(enum tt_log_level level, const char *event, const char *text)
{
    struct tt_buf line;
    struct timespec now;
    tt_buf_init(&line, 64 * 1024);
    clock_gettime(CLOCK_REALTIME, &now);
    tt_buf_add_text(&line, "{\"ts\":\"");
    tt_buf_add_time(&line, now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
    tt_buf_addf(&line, "\",\"level\":\"%s\",\"event\":\"%s\",\"message\":", level_names[level],
                event);
    tt_utf8_add_json(&line, tt_str_from(text));
    tt_buf_add_text(&line, "}\n");
    if (line.err == TT_OK)
        write_all(line.data, line.len);
    else
        write_text(level, text);
    tt_buf_done(&line);
}

void tt_log(enum tt_log_level level, const char *event, const char *fmt, ...)
{
    if (!tt_log_enabled(level))
        return;
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (style == TT_LOG_JSON)
        write_json(level, event, text);
    else
        write_text(level, text);
}

void tt_log_from_signal(const char *event, const char *text)
{
    char line[512], now[TT_TIME_TEXT_BYTES];
    const char *const as_text[] = {"tasktrail: error: ", text, "\n"};
    const char *const as_json[] = {
        "{\"ts\":\"", now,    "\",\"level\":\"error\",\"event\":\"", event, "\",\"message\":\"",
        text,         "\"}\n"};
    const char *const *words = style == TT_LOG_JSON ? as_json : as_text;
    const size_t count =
        style == TT_LOG_JSON ? sizeof as_json / sizeof *as_json : sizeof as_text / sizeof *as_text;
    struct timespec clock;
    size_t len = 0;
    clock_gettime(CLOCK_REALTIME, &clock);
    tt_time_format(clock.tv_sec * INT64_C(1000000) + clock.tv_nsec / 1000, now);
    for (size_t i = 0; i < count; i++)
        for (const char *at = words[i]; *at != '\0' && len < sizeof line; at++)
            line[len++] = *at;
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0)
        write_all(line, len);
}

void tt_log_fault(enum tt_log_level level, const char *event, const struct tt_fault *fault)
{
    tt_log(level, event, "%s", fault->text);
}
