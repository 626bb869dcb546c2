/* lifecycle infer: files in as check reads them, a lifecycle file out, evidence and questions on
 * stderr. lifecycle show: a lifecycle file as text or graph. */
#include "cli/commands.h"

#include "adapters/system/file.h"
#include "cli/feed.h"
#include "cli/lifecycle_file.h"
#include "core/base/log.h"
#include "reports/lifecycles.h"
#include <errno.h>

enum {
    QUESTIONS_TOLD_MAX = 20,
    QUESTIONS_EACH_MIN = 3,
    LIFECYCLES_TOLD_MAX = 20,
    TEXT_BYTES_MAX = 1 << 30
};

/* Writes to --output, whole or not at all. */
static int write_out(const struct tt_settings *settings, const struct tt_buf *text)
{
    struct tt_fault fault = {0};
    struct tt_file_out *out = NULL;
    enum tt_err err = TT_OK;
    if (text->err != TT_OK || tt_buf_failures() > 0)
        err = tt_fault_set(&fault, TT_ERR_NO_MEMORY, "out of memory");
    if (err == TT_OK)
        err = tt_file_out_open(tt_setting_text(settings, TT_OPT_OUTPUT), &out, &fault);
    if (err == TT_OK)
        err = tt_file_out_write(out, text->data, text->len, &fault);
    if (err == TT_OK)
        err = tt_file_out_commit(out, &fault);
    else
        tt_file_out_abort(out);
    /* Who reads `| head` has seen enough: that is no trouble. */
    return err == TT_OK || fault.os_errno == EPIPE ? TT_EXIT_CLEAN : tt_exit_with(&fault);
}

/* ---- infer ---- */

struct telling {
    struct tt_str type;
    uint64_t asked, most; /* of this type */
    uint64_t held_back;   /* of all */
};

static void tell_question(void *context, struct tt_str question)
{
    struct telling *telling = context;
    if (telling->asked >= telling->most) {
        telling->held_back++;
        return;
    }
    telling->asked++;
    tt_log(TT_LOG_INFO, "question", "? %.*s%s%.*s",
           telling->type.len > 60 ? 60 : (int)telling->type.len,
           telling->type.ptr == NULL ? "" : telling->type.ptr,
           telling->type.ptr == NULL ? "" : ": ", TT_STR_ARGS(question));
}

static void tell_evidence(const struct tt_inferred *inferred)
{
    struct tt_buf text;
    tt_buf_init(&text, 2000);
    if (inferred->type.ptr != NULL) {
        tt_buf_addf(&text, "%.*s: ", inferred->type.len > 60 ? 60 : (int)inferred->type.len,
                    inferred->type.ptr);
    }
    tt_inferred_add_evidence(&text, inferred);
    tt_log(TT_LOG_INFO, "learned", "%.*s", TT_STR_ARGS(tt_buf_str(&text)));
    tt_buf_done(&text);
}

/* Evidence first, for all; then what a person should decide. */
static enum tt_err tell(const struct tt_inferred_set *set, uint32_t min_share)
{
    struct telling telling = {0};
    const struct tt_question_sink sink = {&telling, tell_question};
    for (size_t i = 0; i < set->count && i < LIFECYCLES_TOLD_MAX; i++)
        tell_evidence(&set->lifecycles[i]);
    if (set->count > LIFECYCLES_TOLD_MAX)
        tt_log(TT_LOG_INFO, "learned", "and %zu more task types", set->count - LIFECYCLES_TOLD_MAX);
    for (size_t i = 0; i < set->count; i++) {
        telling.type = set->lifecycles[i].type;
        telling.asked = 0;
        telling.most = i >= QUESTIONS_TOLD_MAX ? 0
                       : QUESTIONS_TOLD_MAX / set->count > QUESTIONS_EACH_MIN
                           ? QUESTIONS_TOLD_MAX / set->count
                           : QUESTIONS_EACH_MIN;
        if (set->lifecycles[i].tasks == 0)
            continue;
        enum tt_err err = tt_inferred_questions(&set->lifecycles[i], min_share, &sink);
        if (err != TT_OK)
            return err;
    }
    if (telling.held_back > 0)
        tt_log(TT_LOG_INFO, "question", "and %llu more questions, in the note of each lifecycle",
               (unsigned long long)telling.held_back);
    return TT_OK;
}

static int show_inferred(const struct tt_settings *settings, const struct tt_inferred_set *set)
{
    uint32_t min_share = (uint32_t)tt_setting_u64(settings, TT_OPT_MIN_SHARE);
    struct tt_fault fault = {0};
    uint64_t taught = 0, left_out = 0;
    for (size_t i = 0; i < set->count; i++) {
        taught += set->lifecycles[i].tasks;
        left_out += tt_inferred_left_out(&set->lifecycles[i]);
    }
    enum tt_err err = TT_OK;
    if (taught == 0 && left_out == 0)
        err = tt_fault_set(&fault, TT_ERR_NOT_FOUND, "there are no events to learn from");
    else if (tell(set, min_share) != TT_OK)
        err = tt_fault_set(&fault, TT_ERR_NO_MEMORY, "out of memory");
    else if (taught == 0)
        err = tt_fault_set(&fault, TT_ERR_NOT_FOUND,
                           "nothing learned: the order of every task is in doubt");
    if (err != TT_OK)
        return tt_exit_with(&fault);
    struct tt_buf text;
    tt_buf_init(&text, TEXT_BYTES_MAX);
    tt_inferred_add_json(&text, set, min_share);
    int status = write_out(settings, &text);
    tt_buf_done(&text);
    return status;
}

static int infer(const struct tt_settings *settings)
{
    struct tt_fault fault = {0}, broken = {0};
    struct tt_pass *pass = NULL;
    const struct tt_step_counts *counts = NULL;
    struct tt_inferred_set set = {0};
    struct tt_pass_options options = tt_feed_pass_options(settings, NULL);
    enum tt_err err = tt_pass_create(&options, &pass, &fault);
    if (err == TT_OK)
        err = tt_feed_files(settings, pass, &broken, &fault);
    if (err == TT_OK)
        err = tt_pass_learn(pass, tt_setting_u64(settings, TT_OPT_TYPES) == 0, &counts, &fault);
    if (err == TT_OK)
        err = tt_infer(counts, (uint32_t)tt_setting_u64(settings, TT_OPT_MIN_SHARE), &set, &fault);
    int status = err == TT_OK ? show_inferred(settings, &set) : tt_exit_with(&fault);
    tt_inferred_done(&set);
    tt_pass_destroy(pass);
    return status;
}

/* ---- show ---- */

static int show(const struct tt_settings *settings, const char *path)
{
    struct tt_fault fault = {0};
    struct tt_lifecycle_set *set = NULL;
    struct tt_buf text;
    if (tt_lifecycle_file_read(path, &set, &fault) != TT_OK)
        return tt_exit_with(&fault);
    tt_buf_init(&text, TEXT_BYTES_MAX);
    if (tt_setting_on(settings, TT_OPT_GRAPHVIZ))
        tt_lifecycle_add_graphviz(&text, set);
    else
        tt_lifecycle_add_text(&text, set);
    int status = write_out(settings, &text);
    tt_buf_done(&text);
    tt_lifecycle_set_destroy(set);
    return status;
}

int tt_cmd_lifecycle(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    const char *verb = settings->argument_count == 0 ? "" : settings->arguments[0];
    bool infers = strcmp(verb, "infer") == 0;
    if (!infers && strcmp(verb, "show") != 0)
        tt_fault_set(&fault, TT_ERR_INVALID, "lifecycle: expected infer or show%s%.60s",
                     verb[0] == '\0' ? "" : ", found ", verb);
    else if (infers && settings->argument_count < 2)
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "lifecycle infer: expected a file, or - for stdin; see tasktrail lifecycle "
                     "--help");
    else if (infers && tt_setting_on(settings, TT_OPT_GRAPHVIZ))
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "--graphviz: infer writes a lifecycle file; draw it with lifecycle show");
    else if (!infers && settings->argument_count != 2)
        tt_fault_set(&fault, TT_ERR_INVALID, "lifecycle show: expected one lifecycle file");
    if (fault.code != TT_OK)
        return tt_exit_with(&fault);
    if (!infers)
        return show(settings, settings->arguments[1]);
    struct tt_settings files = *settings; /* without the verb; borrows */
    files.arguments++;
    files.argument_count--;
    return infer(&files);
}
