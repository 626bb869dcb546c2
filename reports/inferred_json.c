/* What was inferred as a lifecycle file that a person can read and edit: one status a line. */
#include "core/base/json.h"
#include "reports/lifecycles.h"
#include "reports/words.h"

#define INDENT "      "

static void add_status_list(struct tt_buf *buf, const char *key, const struct tt_inferred *inferred,
                            bool initial)
{
    const char *joint = "";
    tt_buf_addf(buf, "    \"%s\": [", key);
    for (size_t i = 0; i < inferred->known_count; i++) {
        const struct tt_inferred_status *status = inferred->known[i];
        if (initial ? !status->initial : !status->terminal)
            continue;
        tt_buf_add_text(buf, joint);
        tt_json_add_text(buf, status->name);
        joint = ", ";
    }
    tt_buf_add_text(buf, "],\n");
}

static bool is_kept(const struct tt_inferred_step *step)
{
    return step->what <= TT_INFERRED_RARE;
}

static void add_transitions(struct tt_buf *buf, const struct tt_inferred *inferred)
{
    const struct tt_inferred_status *open = NULL;
    tt_buf_add_text(buf, "    \"transitions\": {");
    for (size_t i = 0; i < inferred->step_count; i++) {
        const struct tt_inferred_step *step = &inferred->steps[i];
        if (step->from == NULL || !is_kept(step))
            continue;
        if (step->from == open) {
            tt_buf_add_text(buf, ", ");
        } else {
            tt_buf_add_text(buf, open == NULL ? "\n" INDENT : "],\n" INDENT);
            tt_json_add_text(buf, step->from->name);
            tt_buf_add_text(buf, ": [");
            open = step->from;
        }
        tt_json_add_text(buf, step->to->name);
    }
    tt_buf_add_text(buf, open == NULL ? "},\n" : "]\n    },\n");
}

/* ---- The note ---- */

struct note {
    struct tt_buf *buf;
    const char *joint;
};

static void add_line(void *context, struct tt_str text)
{
    struct note *note = context;
    tt_buf_add_text(note->buf, note->joint);
    tt_buf_add_text(note->buf, "\n        ");
    tt_json_add_text(note->buf, text);
    note->joint = ",";
}

static void add_steps(struct note *note, const struct tt_inferred *inferred)
{
    struct tt_buf line;
    tt_buf_init(&line, 0);
    for (size_t i = 0; i < inferred->step_count; i++) {
        const struct tt_inferred_step *step = &inferred->steps[i];
        if (!is_kept(step))
            continue;
        if (step->from == NULL)
            tt_buf_add_text(&line, "begins with ");
        else {
            tt_buf_add_str(&line, step->from->name);
            tt_buf_add_text(&line, " -> ");
        }
        tt_buf_add_str(&line, step->to->name);
        tt_buf_add_text(&line, ": ");
        tt_words_add_count(&line, step->counted->count);
        tt_buf_add_text(&line, " of ");
        tt_words_add_count(&line, tt_inferred_stays(inferred, step));
        tt_buf_add_text(&line, " (");
        tt_words_add_share(&line, step->counted->count, tt_inferred_stays(inferred, step));
        tt_buf_add_char(&line, ')');
        add_line(note, tt_buf_str(&line));
        if (line.err != TT_OK)
            note->buf->err = line.err;
        tt_buf_clear(&line);
    }
    tt_buf_done(&line);
}

static void add_note(struct tt_buf *buf, const struct tt_inferred *inferred, uint32_t min_share)
{
    struct tt_buf evidence;
    tt_buf_init(&evidence, 0);
    tt_inferred_add_evidence(&evidence, inferred);
    tt_buf_add_text(buf, "    \"note\": {\n" INDENT "\"evidence\": ");
    tt_json_add_text(buf, tt_buf_str(&evidence));
    tt_buf_done(&evidence);
    tt_buf_add_text(buf, ",\n" INDENT "\"min_share\": \"");
    tt_words_add_share(buf, min_share, TT_SHARE_WHOLE);
    tt_buf_add_text(buf, "\",\n" INDENT "\"steps\": [");
    struct note note = {buf, ""};
    add_steps(&note, inferred);
    tt_buf_addf(buf, "%s],\n" INDENT "\"questions\": [", note.joint[0] == '\0' ? "" : "\n" INDENT);
    note.joint = "";
    const struct tt_question_sink sink = {&note, add_line};
    enum tt_err err = tt_inferred_questions(inferred, min_share, &sink);
    if (err != TT_OK && buf->err == TT_OK)
        buf->err = err;
    tt_buf_addf(buf, "%s]\n    }\n", note.joint[0] == '\0' ? "" : "\n" INDENT);
}

void tt_inferred_add_json(struct tt_buf *buf, const struct tt_inferred_set *set, uint32_t min_share)
{
    const char *joint = "";
    tt_buf_add_text(buf, "{\"lifecycles\": [");
    for (size_t i = 0; i < set->count; i++) {
        const struct tt_inferred *inferred = &set->lifecycles[i];
        if (inferred->tasks == 0)
            continue;
        struct tt_str type = inferred->type.ptr == NULL ? TT_STR("*") : inferred->type;
        tt_buf_addf(buf, "%s\n  {\n    \"name\": ", joint);
        tt_json_add_text(buf, inferred->type.ptr == NULL ? TT_STR("inferred") : type);
        tt_buf_add_text(buf, ",\n    \"task_types\": [");
        tt_json_add_text(buf, type);
        tt_buf_add_text(buf, "],\n");
        add_status_list(buf, "initial", inferred, true);
        add_status_list(buf, "terminal", inferred, false);
        add_transitions(buf, inferred);
        add_note(buf, inferred, min_share);
        tt_buf_add_text(buf, "  }");
        joint = ",";
    }
    tt_buf_add_text(buf, joint[0] == '\0' ? "]}\n" : "\n]}\n");
}
