/* dead list, show, requeue, drop: the dead-letter streams. */
#include "cli/commands.h"

#include "cli/queue_view.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/base/utf8.h"
#include <stdio.h>
#include <string.h>

enum { VERB_LIST, VERB_SHOW, VERB_REQUEUE, VERB_DROP, VERBS };
static const char *const verbs[VERBS] = {"list", "show", "requeue", "drop"};

/* Letters are told as they come, and the ids of --all gathered first: what is requeued or dropped
 * must not change what is being listed. */
struct telling {
    struct tt_buf out; /* one letter, or all ids, each with a NUL */
    bool json;
    size_t count, max; /* told, of so many at most; the next one is only noticed */
};

static void add_time(struct tt_buf *buf, int64_t ms)
{
    char text[TT_TIME_TEXT_BYTES];
    int64_t us = ms > TT_TIME_MAX_US / 1000 ? TT_TIME_MAX_US : ms * 1000;
    tt_time_format(us, text);
    tt_buf_add_text(buf, text);
}

static void add_json(struct tt_buf *buf, const struct tt_dead_letter *letter)
{
    tt_buf_add_char(buf, '{');
    tt_json_add_key(buf, "id");
    tt_json_add_text(buf, tt_str_from(letter->id));
    tt_json_add_key(buf, "partition");
    tt_buf_add_uint(buf, letter->partition);
    tt_json_add_key(buf, "entry_id");
    tt_utf8_add_json(buf, letter->entry_id);
    tt_json_add_key(buf, "enqueued_at");
    tt_buf_add_char(buf, '"');
    add_time(buf, letter->written_ms);
    tt_buf_add_char(buf, '"');
    tt_json_add_key(buf, "reason");
    tt_utf8_add_json(buf, letter->reason);
    tt_json_add_key(buf, "error");
    tt_utf8_add_json(buf, letter->error);
    tt_json_add_key(buf, "tries");
    tt_buf_add_int(buf, letter->tries);
    tt_json_add_key(buf, "parks");
    tt_buf_add_text(buf, letter->parks ? "true" : "false");
    tt_json_add_key(buf, "event");
    tt_utf8_add_json(buf, letter->payload); /* as it came: it may be no JSON at all */
    tt_buf_add_text(buf, "}\n");
}

/* What cannot be applied may hold anything: nothing of it may move a terminal's cursor. */
static void add_visible(struct tt_buf *buf, struct tt_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t width = tt_utf8_width(text, at), bytes = width == 0 ? 1 : width;
        bool plain = width > 0 && !tt_utf8_is_control(text.ptr + at, width);
        for (size_t i = at; i < at + bytes; i++)
            if (plain)
                tt_buf_add_char(buf, text.ptr[i]);
            else
                tt_buf_addf(buf, "\\x%02x", (unsigned char)text.ptr[i]);
        at += bytes;
    }
}

static enum tt_err print_line(void *context, const struct tt_dead_letter *letter)
{
    struct telling *telling = context;
    struct tt_buf *out = &telling->out;
    tt_buf_clear(out);
    if (telling->count++ == telling->max)
        return TT_OK;
    if (telling->json) {
        add_json(out, letter);
    } else {
        tt_buf_addf(out, "%-26s ", letter->id);
        add_time(out, letter->written_ms);
        tt_buf_addf(out, "  %lld %s  ", (long long)letter->tries,
                    letter->tries == 1 ? "try" : "tries");
        add_visible(out, letter->reason);
        tt_buf_add_text(out, ": ");
        add_visible(out, letter->error);
        tt_buf_add_text(out, letter->parks ? " (its task waits)\n" : "\n");
    }
    if (out->err != TT_OK)
        return out->err;
    fwrite(out->data, 1, out->len, stdout);
    return TT_OK;
}

static enum tt_err print_whole(void *context, const struct tt_dead_letter *letter)
{
    struct telling *telling = context;
    struct tt_buf *out = &telling->out;
    if (telling->json)
        return print_line(context, letter);
    tt_buf_clear(out);
    tt_buf_addf(out, "letter   %s\nentry    ", letter->id);
    add_visible(out, letter->entry_id);
    tt_buf_addf(out, " of partition %u, put on the queue ", letter->partition);
    add_time(out, letter->written_ms);
    tt_buf_add_text(out, "\nreason   ");
    add_visible(out, letter->reason);
    tt_buf_add_text(out, ": ");
    add_visible(out, letter->error);
    tt_buf_addf(out, "\ntries    %lld\n%sevent    ", (long long)letter->tries,
                letter->parks ? "parks    its task, until it is requeued or dropped\n" : "");
    add_visible(out, letter->payload);
    tt_buf_add_text(out, "\n\n");
    if (out->err != TT_OK)
        return out->err;
    fwrite(out->data, 1, out->len, stdout);
    return TT_OK;
}

static enum tt_err gather_id(void *context, const struct tt_dead_letter *letter)
{
    struct telling *telling = context;
    tt_buf_add(&telling->out, letter->id, strlen(letter->id) + 1);
    telling->count++;
    return telling->out.err;
}

/* ---- Requeueing and dropping */

struct moving {
    struct tt_redis_view *view;
    int verb;
    bool all; /* of letters that were there: one that is gone was somebody else's */
    size_t moved, count;
    enum tt_err first; /* the first refusal; `fault` tells of it */
};

/* A letter that cannot be moved is told, and the others still are: OK, but where nothing more can
 * be done. */
static enum tt_err move_one(struct moving *moving, const char *id, struct tt_fault *fault)
{
    struct tt_fault refused = {0};
    enum tt_err err = moving->verb == VERB_REQUEUE
                          ? tt_redis_view_requeue(moving->view, id, &refused)
                          : tt_redis_view_drop(moving->view, id, &refused);
    moving->moved += err == TT_OK;
    if (err == TT_OK || (moving->all && err == TT_ERR_NOT_FOUND))
        return TT_OK;
    bool is_last = tt_err_class(err) == TT_CLASS_RETRY;
    if (moving->first == TT_OK)
        tt_fault_set(fault, err, "%s", refused.text);
    else
        tt_log_fault(TT_LOG_ERROR, "dead_letter", &refused);
    moving->first = moving->first == TT_OK ? err : moving->first;
    return is_last ? err : TT_OK;
}

/* Also where it broke off. The first refusal is the error. */
static enum tt_err tell_moved(const struct moving *moving)
{
    printf("%zu of %zu %s\n", moving->moved, moving->count,
           moving->verb == VERB_REQUEUE ? "requeued" : "dropped");
    return moving->first;
}

static enum tt_err move_many(struct tt_redis_view *view, int verb, const char *const *ids,
                             size_t count, struct tt_fault *fault)
{
    struct moving moving = {.view = view, .verb = verb, .count = count};
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = move_one(&moving, ids[i], fault);
    return tell_moved(&moving);
}

static enum tt_err move_all(struct tt_redis_view *view, int verb, struct tt_fault *fault)
{
    struct telling telling = {0};
    tt_buf_init(&telling.out, 0);
    enum tt_err err = tt_redis_view_letters(view, SIZE_MAX, gather_id, &telling, fault);
    if (err == TT_OK) {
        struct moving moving = {.view = view, .verb = verb, .all = true, .count = telling.count};
        const char *id = telling.out.data;
        for (size_t i = 0; i < telling.count && err == TT_OK; i++, id += strlen(id) + 1)
            err = move_one(&moving, id, fault);
        err = tell_moved(&moving);
    }
    tt_buf_done(&telling.out);
    return err;
}

static enum tt_err run(const struct tt_settings *settings, struct tt_redis_view *view, int verb,
                       struct tt_fault *fault)
{
    const char *const *ids = settings->arguments + 1;
    size_t count = settings->argument_count - 1;
    bool all = tt_setting_on(settings, TT_OPT_ALL);
    struct telling telling = {.json = tt_setting_on(settings, TT_OPT_JSON), .max = SIZE_MAX};
    enum tt_err err = TT_OK;
    if (verb >= VERB_REQUEUE)
        return all ? move_all(view, verb, fault) : move_many(view, verb, ids, count, fault);
    tt_buf_init(&telling.out, 0);
    if (verb == VERB_LIST) {
        telling.max = (size_t)tt_setting_u64(settings, TT_OPT_LIMIT);
        err = tt_redis_view_letters(view, telling.max + 1, print_line, &telling, fault);
        if (err == TT_OK && telling.count == 0 && !telling.json)
            printf("no dead letters\n");
        if (err == TT_OK && telling.count > telling.max)
            tt_log(TT_LOG_INFO, "more_letters", "there are more letters than --limit %zu",
                   telling.max);
    }
    for (size_t i = 0; verb == VERB_SHOW && i < count && err == TT_OK; i++)
        err = tt_redis_view_letter(view, ids[i], print_whole, &telling, fault);
    tt_buf_done(&telling.out);
    return err;
}

static enum tt_err check_arguments(const struct tt_settings *settings, int *ret_verb,
                                   struct tt_fault *fault)
{
    const char *given = settings->argument_count == 0 ? "" : settings->arguments[0];
    int verb = 0;
    while (verb < VERBS && strcmp(given, verbs[verb]) != 0)
        verb++;
    if (verb == VERBS)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "dead: expected list, show, requeue or drop%s%.40s",
                            given[0] == '\0' ? "" : ", found ", given);
    bool has_ids = settings->argument_count > 1, all = tt_setting_on(settings, TT_OPT_ALL);
    if (verb == VERB_LIST && has_ids)
        return tt_fault_set(fault, TT_ERR_INVALID, "dead list: unexpected \"%.60s\"",
                            settings->arguments[1]);
    if (verb == VERB_SHOW && !has_ids)
        return tt_fault_set(fault, TT_ERR_INVALID, "dead show: expected the ids of letters");
    if (verb >= VERB_REQUEUE && has_ids == all)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "dead %s: expected either the ids of letters or --all", given);
    static const enum tt_option_id of_moving[] = {TT_OPT_ALL}, of_list[] = {TT_OPT_LIMIT};
    *ret_verb = verb;
    if (verb < VERB_REQUEUE)
        return verb == VERB_LIST
                   ? tt_settings_refuse(settings, of_moving, 1,
                                        "goes with dead requeue and dead drop; dead list takes "
                                        "--limit N",
                                        fault)
                   : tt_settings_refuse(settings, of_list, 1, "goes with dead list", fault);
    return tt_settings_refuse(settings, of_list, 1, "goes with dead list: --all is every letter",
                              fault);
}

int tt_cmd_dead(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_redis_view *view = NULL;
    int verb = 0;
    enum tt_err err = check_arguments(settings, &verb, &fault);
    if (err == TT_OK)
        err = tt_queue_view_open(settings, &view, &fault);
    if (err == TT_OK)
        err = run(settings, view, verb, &fault);
    tt_redis_view_close(view);
    if (err == TT_OK)
        return TT_EXIT_CLEAN;
    if (fault.code == TT_OK)
        tt_fault_set(&fault, err, "out of memory");
    return tt_exit_with(&fault);
}
