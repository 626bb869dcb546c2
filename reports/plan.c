#include "reports/plan.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/time.h"
#include "reports/words.h"

enum { NAME_COLUMNS = 18, VALUE_COLUMNS = 30 };

/* A value of a column: a text, a time or a number; none: NULL, or no row. */
struct value {
    enum { NONE, TEXT, TIME, NUMBER } kind;
    struct tt_str text;
    int64_t number;
};

struct field {
    const char *name;
    struct value stored, replayed;
};
enum { FIELDS_MAX = 16 };

static struct value text_value(struct tt_str text)
{
    return (struct value){text.ptr == NULL ? NONE : TEXT, text, 0};
}

/* What stands in a broken store may be no time at all: then it is a number. */
static struct value time_value(int64_t us)
{
    if (us == TT_TIME_NONE)
        return (struct value){NONE, TT_STR_NONE, 0};
    return (struct value){tt_time_in_range(us) ? TIME : NUMBER, TT_STR_NONE, us};
}

static struct value number_value(bool is, int64_t number)
{
    return (struct value){is ? NUMBER : NONE, TT_STR_NONE, is ? number : 0};
}

static bool same_value(const struct value *a, const struct value *b)
{
    return a->kind == b->kind && tt_str_equal(a->text, b->text) && a->number == b->number;
}

/* In the order of the table's columns, as far as people read it. */
static size_t list_fields(const struct tt_restore_plan *plan, struct field *fields)
{
    const struct tt_current_row *a = &plan->stored, *b = &plan->restored.current;
    const struct value none = {NONE, TT_STR_NONE, 0};
    size_t count = 0;
#define ADD(column, of_a, of_b)                                                                    \
    fields[count++] = (struct field){column, plan->is_stored ? of_a : none, of_b};
#define ADD_TEXT(name)         ADD(#name, text_value(a->name), text_value(b->name))
#define ADD_TIME(name, member) ADD(#name, time_value(a->member), time_value(b->member))
#define ADD_NUMBER(name)       ADD(#name, number_value(true, a->name), number_value(true, b->name))
    TT_RESTORED_TEXTS(ADD_TEXT)
    ADD("last_seq", number_value(a->has_seq, a->seq), number_value(b->has_seq, b->seq))
    TT_RESTORED_TIMES(ADD_TIME)
    TT_RESTORED_NUMBERS(ADD_NUMBER)
    ADD_TEXT(stay_status)
#undef ADD_TEXT
#undef ADD_TIME
#undef ADD_NUMBER
#undef ADD
    return count;
}

/* The stays of one position; NULL where one side has none. */
struct stay_pair {
    const struct tt_interval_row *stored, *replayed;
    bool differs;
};

/* How far both lists have been gone through; both go by position. */
struct stay_walk {
    size_t stored, replayed;
};

static bool next_pair(const struct tt_restore_plan *plan, struct stay_walk *walk,
                      struct stay_pair *ret_pair)
{
    const struct tt_interval_row *a =
        walk->stored < plan->stored_stay_count ? &plan->stored_stays[walk->stored] : NULL;
    const struct tt_interval_row *b =
        walk->replayed < plan->restored.stay_count ? &plan->restored.stays[walk->replayed] : NULL;
    if (a == NULL && b == NULL)
        return false;
    if (a != NULL && b != NULL && a->position > b->position)
        a = NULL;
    else if (a != NULL && b != NULL && a->position < b->position)
        b = NULL;
    walk->stored += a != NULL;
    walk->replayed += b != NULL;
    *ret_pair = (struct stay_pair){a, b, a == NULL || b == NULL || !tt_restore_same_stay(a, b)};
    return true;
}

/* ---- In words */

void tt_plan_add_sentence(struct tt_buf *buf, const struct tt_restore_plan *plan)
{
    struct field fields[FIELDS_MAX];
    size_t count = list_fields(plan, fields), differ = 0, stays = 0, wrong = 0;
    struct stay_walk walk = {0};
    struct stay_pair pair;
    tt_buf_add_text(buf, "task ");
    tt_words_add(buf, plan->task_id, 60);
    tt_buf_add_text(buf, " of tenant ");
    tt_words_add(buf, plan->tenant, 60);
    tt_buf_add_text(buf, ": ");
    if (!plan->is_stored)
        tt_buf_add_text(buf, "has no row");
    for (size_t i = 0; plan->is_stored && i < count; i++) {
        if (same_value(&fields[i].stored, &fields[i].replayed))
            continue;
        tt_buf_add_text(buf, differ++ == 0 ? "" : ", ");
        tt_buf_add_text(buf, fields[i].name);
    }
    for (; next_pair(plan, &walk, &pair); stays++)
        wrong += pair.differs;
    bool row = !plan->is_stored || differ > 0;
    if (wrong > 0) {
        tt_buf_add_text(buf, row ? "; " : "");
        tt_words_add_count(buf, wrong);
        tt_buf_add_text(buf, " of ");
        tt_words_add_counted(buf, stays, "stay", "stays");
    }
    tt_buf_add_text(buf, !row && wrong == 0             ? "nothing to repair"
                         : plan->is_stored || wrong > 0 ? " wrong"
                                                        : "");
}

/* Padded to a column. */
static void add_value(struct tt_buf *buf, const struct value *value)
{
    size_t from = buf->len, columns;
    if (value->kind == TEXT) {
        columns = value->text.len == 0 ? 2 : 0;
        tt_buf_add_text(buf, value->text.len == 0 ? "\"\"" : "");
        columns += tt_words_add(buf, value->text, VALUE_COLUMNS);
    } else {
        if (value->kind == TIME)
            tt_buf_add_time(buf, value->number);
        else if (value->kind == NUMBER)
            tt_buf_add_int(buf, value->number);
        else
            tt_buf_add_char(buf, '-');
        columns = buf->len - from;
    }
    for (; columns < VALUE_COLUMNS; columns++)
        tt_buf_add_char(buf, ' ');
}

static void end_line(struct tt_buf *buf)
{
    while (buf->err == TT_OK && buf->len > 0 && buf->data[buf->len - 1] == ' ')
        buf->data[--buf->len] = '\0';
    tt_buf_add_char(buf, '\n');
}

static void add_line(struct tt_buf *buf, const char *name, const struct value *stored,
                     const struct value *replayed)
{
    tt_buf_addf(buf, "%c %-*s", same_value(stored, replayed) ? ' ' : '!', NAME_COLUMNS, name);
    add_value(buf, stored);
    tt_buf_add_char(buf, ' ');
    add_value(buf, replayed);
    end_line(buf);
}

static void add_stay(struct tt_buf *buf, char side, const struct tt_interval_row *stay)
{
    if (stay == NULL)
        return;
    const struct value from = time_value(stay->valid_from_us), to = time_value(stay->valid_to_us);
    tt_buf_addf(buf, "%c %6lld  ", side, (long long)stay->position);
    add_value(buf, &from);
    tt_buf_add_char(buf, ' ');
    add_value(buf, &to);
    tt_buf_add_char(buf, ' ');
    tt_words_add(buf, stay->status, VALUE_COLUMNS);
    if (stay->stage.len > 0) {
        tt_buf_add_text(buf, "  ");
        tt_words_add(buf, stay->stage, VALUE_COLUMNS);
    }
    end_line(buf);
}

void tt_plan_add_text(struct tt_buf *buf, const struct tt_restore_plan *plan)
{
    struct field fields[FIELDS_MAX];
    size_t count = list_fields(plan, fields);
    struct stay_walk walk = {0};
    struct stay_pair pair;
    tt_plan_add_sentence(buf, plan);
    tt_buf_addf(buf, "\n  %-*s%-*s %s\n", NAME_COLUMNS, "", VALUE_COLUMNS, "stored", "replayed");
    for (size_t i = 0; i < count; i++)
        add_line(buf, fields[i].name, &fields[i].stored, &fields[i].replayed);
    tt_buf_add_text(buf, "  stays, those stored alone with -, those replayed alone with +\n");
    while (next_pair(plan, &walk, &pair)) {
        if (!pair.differs) {
            add_stay(buf, ' ', pair.stored);
            continue;
        }
        add_stay(buf, '-', pair.stored);
        add_stay(buf, '+', pair.replayed);
    }
}

/* ---- As JSON */

static void add_json_value(struct tt_buf *buf, const struct value *value)
{
    if (value->kind == TEXT) {
        tt_json_add_text(buf, value->text);
    } else if (value->kind == TIME) {
        tt_buf_add_char(buf, '"');
        tt_buf_add_time(buf, value->number);
        tt_buf_add_char(buf, '"');
    } else if (value->kind == NUMBER) {
        tt_buf_add_int(buf, value->number);
    } else {
        tt_buf_add_text(buf, "null");
    }
}

static void add_json_sides(struct tt_buf *buf, const struct field *field)
{
    tt_buf_add_char(buf, '{');
    tt_json_add_key(buf, "stored");
    add_json_value(buf, &field->stored);
    tt_json_add_key(buf, "replayed");
    add_json_value(buf, &field->replayed);
    tt_json_add_key(buf, "differs");
    tt_buf_add_text(buf, same_value(&field->stored, &field->replayed) ? "false}" : "true}");
}

static void add_json_stay(struct tt_buf *buf, const struct tt_interval_row *stay)
{
    if (stay == NULL) {
        tt_buf_add_text(buf, "null");
        return;
    }
    const struct field fields[] = {
        {"position", number_value(true, stay->position), {0}},
        {"valid_from", time_value(stay->valid_from_us), {0}},
        {"valid_to", time_value(stay->valid_to_us), {0}},
        {"status", text_value(stay->status), {0}},
        {"stage", text_value(stay->stage), {0}},
    };
    tt_buf_add_char(buf, '{');
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        tt_json_add_key(buf, fields[i].name);
        add_json_value(buf, &fields[i].stored);
    }
    tt_buf_add_char(buf, '}');
}

void tt_plan_add_json(struct tt_buf *buf, const struct tt_restore_plan *plan, const char *outcome)
{
    struct field fields[FIELDS_MAX];
    size_t count = list_fields(plan, fields);
    struct stay_walk walk = {0};
    struct stay_pair pair;
    bool differs = !tt_restore_same_current(plan) || !tt_restore_same_stays(plan);
    tt_buf_add_char(buf, '{');
    tt_json_add_key(buf, "tenant");
    tt_json_add_text(buf, plan->tenant);
    tt_json_add_key(buf, "task_id");
    tt_json_add_text(buf, plan->task_id);
    tt_json_add_key(buf, "outcome");
    tt_json_add_text(buf, tt_str_from(outcome));
    tt_json_add_key(buf, "differs");
    tt_buf_add_text(buf, differs ? "true" : "false");
    tt_json_add_key(buf, "fields");
    tt_buf_add_char(buf, '{');
    for (size_t i = 0; i < count; i++) {
        tt_json_add_key(buf, fields[i].name);
        add_json_sides(buf, &fields[i]);
    }
    tt_buf_add_char(buf, '}');
    tt_json_add_key(buf, "stays");
    tt_buf_add_char(buf, '[');
    while (next_pair(plan, &walk, &pair)) {
        tt_buf_add_text(buf, buf->len > 0 && buf->data[buf->len - 1] == '[' ? "{" : ",{");
        tt_json_add_key(buf, "stored");
        add_json_stay(buf, pair.stored);
        tt_json_add_key(buf, "replayed");
        add_json_stay(buf, pair.replayed);
        tt_json_add_key(buf, "differs");
        tt_buf_add_text(buf, pair.differs ? "true}" : "false}");
    }
    tt_buf_add_text(buf, "]}");
}

/* The stored stays that a repair takes away, and how many more of them there are. */
static void add_stays_before(struct tt_buf *buf, const struct tt_restore_plan *plan)
{
    struct stay_walk walk = {0};
    struct stay_pair pair;
    size_t gone = 0;
    while (next_pair(plan, &walk, &pair)) {
        if (!pair.differs || pair.stored == NULL || gone++ >= TT_REPAIR_STAYS_TOLD_MAX)
            continue;
        if (gone == 1) {
            tt_json_add_key(buf, "intervals");
            tt_buf_add_char(buf, '[');
        } else {
            tt_buf_add_char(buf, ',');
        }
        add_json_stay(buf, pair.stored);
    }
    if (gone > 0)
        tt_buf_add_char(buf, ']');
    if (gone > TT_REPAIR_STAYS_TOLD_MAX) {
        tt_json_add_key(buf, "more_intervals");
        tt_buf_add_uint(buf, gone - TT_REPAIR_STAYS_TOLD_MAX);
    }
}

void tt_plan_add_before(struct tt_buf *buf, const struct tt_restore_plan *plan)
{
    struct field fields[FIELDS_MAX];
    size_t count = plan->is_stored ? list_fields(plan, fields) : 0;
    tt_buf_add_char(buf, '{');
    for (size_t i = 0; i < count; i++) {
        if (same_value(&fields[i].stored, &fields[i].replayed))
            continue;
        tt_json_add_key(buf, fields[i].name);
        add_json_value(buf, &fields[i].stored);
    }
    add_stays_before(buf, plan);
    tt_buf_add_char(buf, '}');
}
