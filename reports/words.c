#include "reports/words.h"

#include "core/base/utf8.h"
#include <stdio.h>

const char *tt_kind_meaning(enum tt_kind kind)
{
    static const char *const meanings[TT_KIND_COUNT] = {
        [TT_KIND_AFTER_TERMINAL] = "a status follows one that should have been the last",
        [TT_KIND_AMBIGUOUS_ORDER] =
            "events of one task carry the same time; their order had to be decided",
        [TT_KIND_APPLY_DISORDER] = "rows were written in another order than the events arrived",
        [TT_KIND_CLOCK_SUSPECT] = "the arrival order makes sense, the timestamps do not",
        [TT_KIND_CONFLICTING_DUPLICATE] = "one event id was used for two different events",
        [TT_KIND_DUPLICATE] = "the same event arrived more than once",
        [TT_KIND_FUTURE_TIMESTAMP] = "an event claims to have happened well after it was received",
        [TT_KIND_ILLEGAL_TRANSITION] =
            "a step the lifecycle does not allow, not even over other statuses",
        [TT_KIND_INTERVAL_MISMATCH] = "the stored stays differ from what replaying gives",
        [TT_KIND_LATE_ARRIVAL] = "an event arrived after one that happened later",
        [TT_KIND_LOST_UPDATE] = "keeping the status that arrived last would keep the wrong one",
        [TT_KIND_MISSING_INITIAL] = "the history does not begin with a status that may begin it",
        [TT_KIND_REPEATED_STATUS] = "the same status twice in a row",
        [TT_KIND_SEQUENCE_DISORDER] = "the source's own counter falls along the timeline",
        [TT_KIND_SEQUENCE_GAP] = "numbers of the source's own counter never came",
        [TT_KIND_SKIPPED_STATUS] = "a status that must lie between two others is missing",
        [TT_KIND_STATE_MISMATCH] = "the stored status differs from what replaying gives",
        [TT_KIND_STUCK] = "a task has stayed in a status longer than its maximum age",
        [TT_KIND_UNKNOWN_STATUS] = "a status the lifecycle does not know",
    };
    return meanings[kind];
}

/* Bytes of the character at `at`; one of what is no UTF-8. */
static size_t width_at(struct tt_str text, size_t at)
{
    size_t width = tt_utf8_width(text, at);
    return width > 0 ? width : 1;
}

/* What must not reach a terminal: controls, and bytes that are no character. */
static bool is_unsafe(struct tt_str text, size_t at)
{
    size_t width = tt_utf8_width(text, at);
    return width == 0 || tt_utf8_is_control(text.ptr + at, width);
}

size_t tt_words_add(struct tt_buf *buf, struct tt_str text, size_t columns)
{
    size_t whole = tt_utf8_columns(text), used = 0, at = 0;
    bool cut = columns != 0 && whole > columns;
    size_t room = !cut ? whole : columns > 3 ? columns - 3 : 0;
    while (at < text.len) {
        size_t width = width_at(text, at);
        size_t more = tt_utf8_columns((struct tt_str){text.ptr + at, width});
        if (used + more > room)
            break;
        if (is_unsafe(text, at))
            tt_buf_add_char(buf, '?');
        else
            tt_buf_add(buf, text.ptr + at, width);
        at += width;
        used += more;
    }
    tt_buf_add_text(buf, cut ? "..." : "");
    return used + (cut ? 3 : 0);
}

void tt_words_add_count(struct tt_buf *buf, uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            tt_buf_add_char(buf, ',');
        tt_buf_add_char(buf, digits[i]);
    }
}

void tt_words_add_counted(struct tt_buf *buf, uint64_t count, const char *one, const char *many)
{
    tt_words_add_count(buf, count);
    tt_buf_add_char(buf, ' ');
    tt_buf_add_text(buf, count == 1 ? one : many);
}

void tt_words_add_kinds(struct tt_buf *buf, uint32_t kinds)
{
    const char *joint = "";
    for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
        if ((kinds >> kind & 1) == 0)
            continue;
        tt_buf_addf(buf, "%s%s", joint, tt_kind_name((enum tt_kind)kind));
        joint = ", ";
    }
}

const char *tt_lateness_words(int bucket)
{
    static const char *const words[TT_LATENESS_BUCKETS] = {"< 1 ms", "< 10 ms", "< 100 ms", "< 1 s",
                                                           "< 10 s", "< 1 min", "< 10 min", "< 1 h",
                                                           "< 6 h",  "< 1 d",   "< 7 d",    "more"};
    return words[bucket];
}

/* $'...', which shells understand as POSIX has it since 2024: bytes of controls, and of what is no
 * UTF-8, in octal. */
static void add_escaped(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add_text(buf, "$'");
    for (size_t at = 0; at < text.len;) {
        size_t width = width_at(text, at);
        bool control = is_unsafe(text, at);
        for (size_t i = at; i < at + width; i++)
            if (control)
                tt_buf_addf(buf, "\\%03o", (unsigned)(unsigned char)text.ptr[i]);
            else if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
                tt_buf_addf(buf, "\\%c", text.ptr[i]);
            else
                tt_buf_add_char(buf, text.ptr[i]);
        at += width;
    }
    tt_buf_add_char(buf, '\'');
}

void tt_words_add_quoted(struct tt_buf *buf, struct tt_str text)
{
    for (size_t at = 0; at < text.len; at += width_at(text, at))
        if (is_unsafe(text, at)) {
            add_escaped(buf, text);
            return;
        }
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+,=";
    bool safe = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        safe = safe && text.ptr[i] != '\0' && strchr(plain, text.ptr[i]) != NULL;
    if (safe) {
        tt_buf_add_str(buf, text);
        return;
    }
    tt_buf_add_char(buf, '\'');
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '\'')
            continue;
        tt_buf_add_str(buf, (struct tt_str){text.ptr + from, i - from});
        from = i + 1;
        tt_buf_add_text(buf, i < text.len ? "'\\''" : "'");
    }
}

void tt_words_add_command(struct tt_buf *buf, const struct tt_render_options *options,
                          const struct tt_report_task *task)
{
    bool alone = options->show_task_flag == NULL;
    tt_words_add(buf, tt_str_from(options->show_task), 0);
    if (!tt_str_equal(task->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " --tenant ");
        tt_words_add_quoted(buf, task->tenant);
    }
    tt_buf_addf(buf, " %s", alone ? "" : options->show_task_flag);
    tt_buf_add_text(buf, !alone ? " " : task->task_id.ptr[0] == '-' ? "-- " : "");
    tt_words_add_quoted(buf, task->task_id);
    if (options->show_task_rest != NULL)
        tt_words_add(buf, tt_str_from(options->show_task_rest), 0);
}

void tt_words_add_share(struct tt_buf *buf, uint64_t part, uint64_t whole)
{
    double share = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
    tt_buf_addf(buf, share != 0 && share < 0.1 ? "%.3f %%" : "%.1f %%", share);
}

void tt_words_add_verdict(struct tt_buf *buf, const struct tt_report *report)
{
    const struct tt_summary *sum = &report->summary;
    uint64_t errors = 0, warnings = 0, infos = 0;
    for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
        enum tt_severity severity = tt_kind_severity((enum tt_kind)kind);
        *(severity == TT_SEVERITY_ERROR     ? &errors
          : severity == TT_SEVERITY_WARNING ? &warnings
                                            : &infos) += sum->kinds[kind];
    }
    uint64_t bad = sum->tasks - sum->verdicts[TT_VERDICT_CLEAN];
    if (sum->tasks == 0)
        tt_buf_add_text(buf, "There are no events to judge.");
    else if (bad == 0)
        tt_buf_add_text(buf, sum->tasks == 1 ? "The one task is clean" : "Every task is clean");
    else {
        tt_words_add_count(buf, bad);
        tt_buf_add_text(buf, " of ");
        tt_words_add_counted(buf, sum->tasks, "task ", "tasks ");
        tt_buf_add_text(buf, bad == 1 ? "is not clean" : "are not clean");
    }
    if (sum->tasks == 0)
        return;
    tt_buf_add_text(buf, ": ");
    tt_words_add_counted(buf, errors, "error", "errors");
    tt_buf_add_text(buf, ", ");
    tt_words_add_counted(buf, warnings, "warning", "warnings");
    tt_buf_add_text(buf, ", ");
    tt_words_add_count(buf, infos);
    tt_buf_add_text(buf, " info in ");
    tt_words_add_counted(buf, sum->events, "event.", "events.");
}

void tt_words_add_overruled(struct tt_buf *buf, const struct tt_summary *summary)
{
    uint64_t judged = summary->legal[0][0];
    if (summary->verdicts[TT_VERDICT_VIOLATION] <= judged)
        return;
    tt_words_add_counted(buf, summary->verdicts[TT_VERDICT_VIOLATION] - judged,
                         "task is a violation", "tasks are violations");
    tt_buf_add_text(buf, " whatever the two orders say, by an unknown status, copies that "
                         "contradict each other, or a store that differs.");
}
