/* What was inferred, in words: the evidence, and the questions that only a person can answer. */
#include "core/base/mem.h"
#include "reports/lifecycles.h"
#include "reports/words.h"

#include <stdlib.h>

enum { NAME_COLUMNS = 60, QUESTION_BYTES_MAX = 4096 };

struct asking {
    const struct tt_inferred *inferred;
    const struct tt_question_sink *sink;
    uint64_t min_share;
    struct tt_buf text;
};

static void add_name(struct tt_buf *buf, struct tt_str name)
{
    tt_words_add(buf, name, NAME_COLUMNS);
}

/* "3 of 12,034 stays (0.025 %), e.g. task 8123 (tenant)" */
static void add_part(struct tt_buf *buf, const struct tt_inferred *inferred,
                     const struct tt_inferred_step *step)
{
    const struct tt_step_count *counted = step->counted;
    uint64_t stays = tt_inferred_stays(inferred, step);
    tt_words_add_count(buf, counted->count);
    tt_buf_add_text(buf, " of ");
    tt_words_add_counted(buf, stays, step->from == NULL ? "task (" : "stay (",
                         step->from == NULL ? "tasks (" : "stays (");
    tt_words_add_share(buf, counted->count, stays);
    tt_buf_add_text(buf, counted->tasks == 1 ? "), task " : "), e.g. task ");
    add_name(buf, counted->task_id);
    if (!tt_str_equal(counted->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " (");
        add_name(buf, counted->tenant);
        tt_buf_add_char(buf, ')');
    }
}

static void add_way(struct tt_buf *buf, const struct tt_inferred_step *step)
{
    if (step->from == NULL)
        tt_buf_add_text(buf, "begins with ");
    else {
        add_name(buf, step->from->name);
        tt_buf_add_text(buf, " -> ");
    }
    add_name(buf, step->to->name);
    tt_buf_add_text(buf, ": ");
}

/* ---- Evidence ---- */

static void add_reason(struct tt_buf *buf, const struct tt_step_count *reason, const char *text,
                       const char **joint)
{
    if (reason == NULL)
        return;
    tt_buf_add_text(buf, *joint);
    tt_words_add_count(buf, reason->count);
    tt_buf_add_text(buf, text);
    *joint = ", ";
}

void tt_inferred_add_evidence(struct tt_buf *buf, const struct tt_inferred *inferred)
{
    uint64_t left_out = tt_inferred_left_out(inferred);
    const char *joint = " (";
    if (inferred->tasks == 0) {
        tt_buf_add_text(buf, "nothing learned");
    } else {
        tt_buf_add_text(buf, "learned from ");
        tt_words_add_counted(buf, inferred->tasks, "task", "tasks");
        tt_buf_add_text(buf, " of ");
        tt_words_add_counted(buf, inferred->stays, "event", "events");
    }
    if (left_out == 0) {
        tt_buf_add_text(buf, "; none was left out");
        return;
    }
    tt_buf_add_text(buf, "; left out ");
    tt_words_add_counted(buf, left_out, "task", "tasks");
    tt_buf_add_text(buf, " whose order is in doubt");
    add_reason(buf, inferred->late, " with late events", &joint);
    add_reason(buf, inferred->ties, " with equal times", &joint);
    add_reason(buf, inferred->conflicts, " with copies that differ", &joint);
    tt_buf_add_char(buf, ')');
}

/* ---- Questions ---- */

static void ask(struct asking *asking, const char *question)
{
    tt_buf_add_text(&asking->text, question);
    asking->sink->question(asking->sink->context, tt_buf_str(&asking->text));
    tt_buf_clear(&asking->text);
}

static void ask_of_few(struct asking *asking)
{
    const struct tt_inferred *inferred = asking->inferred;
    uint64_t left_out = tt_inferred_left_out(inferred);
    if (inferred->tasks >= left_out)
        return;
    tt_words_add_count(&asking->text, inferred->tasks);
    tt_buf_add_text(&asking->text, " of ");
    tt_words_add_counted(&asking->text, inferred->tasks + left_out, "task", "tasks");
    ask(asking, " taught, fewer than were left out: is that enough to speak for the rest?");
}

static void ask_of_statuses(struct asking *asking)
{
    for (size_t i = 0; i < asking->inferred->status_count; i++) {
        const struct tt_inferred_status *status = &asking->inferred->statuses[i];
        if (status->known)
            continue;
        add_name(&asking->text, status->name);
        tt_buf_add_text(&asking->text, ": ");
        if (status->stays > 0) {
            tt_words_add_counted(&asking->text, status->stays, "stay", "stays");
            ask(asking, ", and no usual step leads there: left out. Is it a status?");
        } else {
            tt_words_add_counted(&asking->text, status->unused, "event", "events");
            ask(asking, ", all in tasks that were left out, so nothing is known of it. Is it a "
                        "status?");
        }
    }
}

static void ask_of_step(struct asking *asking, const struct tt_inferred_step *step)
{
    struct tt_buf *buf = &asking->text;
    bool reopens = step->from != NULL && step->from->known && step->from->terminal;
    if (step->what == TT_INFERRED_CUT_OFF || (step->what == TT_INFERRED_KEPT && !reopens))
        return;
    add_way(buf, step);
    if (step->what == TT_INFERRED_RARE) {
        tt_buf_add_text(buf, "kept, as a usual way to ");
        add_name(buf, step->to->name);
        tt_buf_add_text(buf, ", ");
    } else if (step->what == TT_INFERRED_KEPT)
        tt_buf_add_text(buf, "kept, ");
    add_part(buf, asking->inferred, step);
    if (step->from == NULL)
        ask(asking, ": may a task begin so, or is its beginning missing?");
    else
        ask(asking, reopens ? ": may a task go on there, where most end?" : ": is that allowed?");
}

/* Left out before kept, the most frequent first; then as in the file. */
static int compare_pressing(const void *a, const void *b)
{
    const struct tt_inferred_step *x = *(const struct tt_inferred_step *const *)a,
                                  *y = *(const struct tt_inferred_step *const *)b;
    bool x_out = x->what == TT_INFERRED_LEFT_OUT, y_out = y->what == TT_INFERRED_LEFT_OUT;
    if (x_out != y_out)
        return x_out ? -1 : 1;
    if (x->counted->count != y->counted->count)
        return x->counted->count > y->counted->count ? -1 : 1;
    return (x > y) - (x < y);
}

static enum tt_err ask_of_steps(struct asking *asking)
{
    size_t count = asking->inferred->step_count;
    const struct tt_inferred_step **order = tt_mem_array(count + 1, sizeof(void *));
    if (order == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        order[i] = &asking->inferred->steps[i];
    if (count > 1)
        qsort(order, count, sizeof *order, compare_pressing);
    for (size_t i = 0; i < count; i++)
        ask_of_step(asking, order[i]);
    tt_mem_free((void *)order);
    return TT_OK;
}

/* Stays that are a task's last, in a status that most tasks leave again. */
static void ask_of_ends(struct asking *asking)
{
    struct tt_buf *buf = &asking->text;
    for (size_t i = 0; i < asking->inferred->known_count; i++) {
        const struct tt_inferred_status *status = asking->inferred->known[i];
        if (status->terminal || status->ends < TT_INFER_TASKS_MIN ||
            status->ends * TT_SHARE_WHOLE < status->stays * asking->min_share)
            continue;
        add_name(buf, status->name);
        tt_buf_add_text(buf, ": ");
        tt_words_add_count(buf, status->ends);
        tt_buf_add_text(buf, " of ");
        tt_words_add_counted(buf, status->stays, "stay (", "stays (");
        tt_words_add_share(buf, status->ends, status->stays);
        ask(asking, ") are the last of their task: unfinished, or is it an end too?");
    }
}

enum tt_err tt_inferred_questions(const struct tt_inferred *inferred, uint32_t min_share,
                                  const struct tt_question_sink *sink)
{
    struct asking asking = {.inferred = inferred, .sink = sink, .min_share = min_share};
    tt_buf_init(&asking.text, QUESTION_BYTES_MAX);
    ask_of_few(&asking);
    ask_of_statuses(&asking);
    enum tt_err err = ask_of_steps(&asking);
    ask_of_ends(&asking);
    tt_buf_done(&asking.text);
    return err;
}
