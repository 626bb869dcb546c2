#include "core/base/log.h"

#include "core/base/json.h"
#include "core/base/time.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

static void write_line(enum tt_log_level level, const char *event, const char *text)
{
    struct tt_buf line;
    tt_buf_init(&line, 64 * 1024);
    if (style == TT_LOG_JSON) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        tt_buf_add_text(&line, "{\"ts\":\"");
        tt_buf_add_time(&line, now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
        tt_buf_addf(&line, "\",\"level\":\"%s\",\"event\":\"%s\",\"message\":", level_names[level],
                    event);
        tt_json_add_text(&line, tt_str_from(text));
        tt_buf_add_text(&line, "}\n");
    } else {
        tt_buf_addf(&line, "tasktrail: %s%s", level == TT_LOG_INFO ? "" : level_names[level],
                    level == TT_LOG_INFO ? "" : ": ");
        for (const char *at = text; *at != '\0'; at++)
            tt_buf_add_char(&line, (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at);
        tt_buf_add_char(&line, '\n');
    }
    const char *at = line.data;
    size_t left = line.len;
    while (left > 0) {
        ssize_t wrote = write(STDERR_FILENO, at, left);
        if (wrote <= 0)
            break; /* stderr is gone: nowhere left to tell */
        at += wrote;
        left -= (size_t)wrote;
    }
    tt_buf_done(&line);
}

void tt_log(enum tt_log_level level, const char *event, const char *fmt, ...)
{
    if (!tt_log_enabled(level))
        return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    write_line(level, event, text);
}

void tt_log_fault(enum tt_log_level level, const char *event, const struct tt_fault *fault)
{
    tt_log(level, event, "%s", fault->text);
}
