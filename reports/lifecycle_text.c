/* A lifecycle file read back to a person: who it is for, where tasks begin and end, every step, and
 * what looks like a slip of the pen. */
#include "core/base/time.h"
#include "core/base/utf8.h"
#include "reports/lifecycles.h"
#include "reports/words.h"

enum { NAME_COLUMNS_MAX = 48, LABEL_COLUMNS = 14 };

static void add_spaces(struct tt_buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tt_buf_add_char(buf, ' ');
}

static size_t columns_of(struct tt_str name)
{
    size_t columns = tt_utf8_columns(name);
    return columns < NAME_COLUMNS_MAX ? columns : NAME_COLUMNS_MAX;
}

static void add_label(struct tt_buf *buf, const char *label)
{
    tt_buf_addf(buf, "  %-*s", LABEL_COLUMNS, label);
}

/* The marked statuses, one a line behind a label; nothing where there are none. */
static void add_list(struct tt_buf *buf, const struct tt_lifecycle *lifecycle, const char *label,
                     const bool *marks)
{
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
        if (!marks[s])
            continue;
        add_label(buf, label);
        tt_words_add(buf, tt_lifecycle_status_name(lifecycle, s), 0);
        tt_buf_add_char(buf, '\n');
        label = "";
    }
}

static void add_steps(struct tt_buf *buf, const struct tt_lifecycle *lifecycle)
{
    size_t widest = 0;
    const char *label = "steps";
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
        size_t columns = columns_of(tt_lifecycle_status_name(lifecycle, s));
        if (tt_lifecycle_target_count(lifecycle, s) > 0 && columns > widest)
            widest = columns;
    }
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++)
        for (size_t i = 0; i < tt_lifecycle_target_count(lifecycle, s); i++) {
            add_label(buf, label);
            label = "";
            size_t used = 0;
            if (i == 0)
                used = tt_words_add(buf, tt_lifecycle_status_name(lifecycle, s), NAME_COLUMNS_MAX);
            add_spaces(buf, widest - used);
            tt_buf_add_text(buf, " -> ");
            tt_words_add(
                buf, tt_lifecycle_status_name(lifecycle, tt_lifecycle_target(lifecycle, s, i)), 0);
            tt_buf_add_char(buf, '\n');
        }
}

static void add_ages(struct tt_buf *buf, const struct tt_lifecycle *lifecycle)
{
    const char *label = "stuck after";
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
        if (tt_lifecycle_max_age_us(lifecycle, s) < 0)
            continue;
        add_label(buf, label);
        label = "";
        tt_buf_add_duration(buf, tt_lifecycle_max_age_us(lifecycle, s));
        tt_buf_add_text(buf, " in ");
        tt_words_add(buf, tt_lifecycle_status_name(lifecycle, s), 0);
        tt_buf_add_char(buf, '\n');
    }
}

/* ---- Slips of the pen ---- */

/* Marks all that the marked ones lead to, or, backwards, all that lead to them. */
static void spread(const struct tt_lifecycle *lifecycle, bool *marks, bool backwards)
{
    int count = tt_lifecycle_status_count(lifecycle), queue[TT_LIFECYCLE_STATUSES_MAX], tail = 0;
    for (int s = 0; s < count; s++)
        if (marks[s])
            queue[tail++] = s;
    for (int head = 0; head < tail; head++)
        for (int s = 0; s < count; s++)
            if (!marks[s] && (backwards ? tt_lifecycle_allows(lifecycle, s, queue[head])
                                        : tt_lifecycle_allows(lifecycle, queue[head], s))) {
                marks[s] = true;
                queue[tail++] = s;
            }
}

/* What is likely to be wrong in the file: statuses without a way to them, or from them to an end.
 */
static void add_slips(struct tt_buf *buf, const struct tt_lifecycle *lifecycle, const bool *initial,
                      const bool *terminal)
{
    int count = tt_lifecycle_status_count(lifecycle);
    bool marks[TT_LIFECYCLE_STATUSES_MAX] = {false}, ends = false;
    for (int s = 0; s < count; s++) {
        marks[s] = terminal[s] && tt_lifecycle_target_count(lifecycle, s) > 0;
        ends = ends || terminal[s];
    }
    add_list(buf, lifecycle, "end, goes on", marks);
    memcpy(marks, initial, sizeof marks);
    spread(lifecycle, marks, false);
    for (int s = 0; s < count; s++)
        marks[s] = !marks[s];
    add_list(buf, lifecycle, "no way to", marks);
    memcpy(marks, terminal, sizeof marks);
    spread(lifecycle, marks, true);
    for (int s = 0; s < count; s++)
        marks[s] = ends && !marks[s];
    add_list(buf, lifecycle, "no end from", marks);
}

static void add_head(struct tt_buf *buf, const struct tt_lifecycle *lifecycle)
{
    struct tt_str name = tt_lifecycle_name(lifecycle);
    tt_words_add(buf, name.ptr == NULL ? TT_STR("(no name)") : name, 0);
    tt_buf_add_char(buf, '\n');
    const char *label = "task types";
    for (size_t i = 0; i < tt_lifecycle_type_count(lifecycle); i++) {
        struct tt_str type = tt_lifecycle_type(lifecycle, i);
        add_label(buf, label);
        label = "";
        tt_words_add(buf, type, 0);
        tt_buf_add_text(buf, tt_str_equal(type, TT_STR("*"))
                                 ? "  (every type that no other one names)\n"
                                 : "\n");
    }
}

static void add_lifecycle(struct tt_buf *buf, const struct tt_lifecycle *lifecycle)
{
    bool initial[TT_LIFECYCLE_STATUSES_MAX] = {false},
         terminal[TT_LIFECYCLE_STATUSES_MAX] = {false};
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
        initial[s] = tt_lifecycle_is_initial(lifecycle, s);
        terminal[s] = tt_lifecycle_is_terminal(lifecycle, s);
    }
    add_head(buf, lifecycle);
    add_list(buf, lifecycle, "begins with", initial);
    add_list(buf, lifecycle, "ends with", terminal);
    add_steps(buf, lifecycle);
    add_ages(buf, lifecycle);
    add_slips(buf, lifecycle, initial, terminal);
}

void tt_lifecycle_add_text(struct tt_buf *buf, const struct tt_lifecycle_set *set)
{
    for (size_t i = 0; i < tt_lifecycle_count(set); i++) {
        if (i > 0)
            tt_buf_add_char(buf, '\n');
        add_lifecycle(buf, tt_lifecycle_at(set, i));
    }
}
