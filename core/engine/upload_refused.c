/* A batch that the sink has refused: two smaller ones in its place, or one without the row that is
 * to blame; a row that is alone is kept with the reason, and goes nowhere. */
#include "core/engine/uploader_parts.h"

#include "core/base/json.h"
#include <stdio.h>

struct finding_uid {
    char uid[256];
};

static enum tt_err take_uid(void *context, uint64_t row, struct tt_str line)
{
    struct finding_uid *finding = context;
    struct tt_json *json = NULL;
    (void)row;
    if (tt_json_parse(line, 64, &json, NULL) == TT_OK) {
        const struct tt_json *uid = tt_json_get(json, "row_uid");
        if (uid != NULL && tt_json_type(uid) == TT_JSON_TEXT)
            snprintf(finding->uid, sizeof finding->uid, "%.*s", TT_STR_ARGS(tt_json_text(uid)));
        tt_json_free(json);
    }
    return TT_ERR_STOPPED;
}

/* The uid of a row of the batch. */
static enum tt_err find_uid(struct tt_uploader *u, const struct tt_upload_batch *b, uint64_t row,
                            struct finding_uid *finding, struct tt_fault *fault)
{
    const struct tt_upload_rows *rows = u->options->rows;
    const struct tt_body *body = NULL;
    finding->uid[0] = '\0';
    enum tt_err err = rows->open(rows->context, b, &body, fault);
    if (err != TT_OK)
        return err;
    err = body->lines(body->context, row, take_uid, finding, fault);
    rows->close(rows->context);
    return err == TT_ERR_STOPPED ? TT_OK : err;
}

static enum tt_err cut_child(struct tt_uploader *u, const struct tt_upload_batch *b, uint64_t from,
                             uint64_t rows, struct tt_upload_batch *child, struct tt_fault *fault)
{
    const struct tt_upload_rows *port = u->options->rows;
    *child = (struct tt_upload_batch){.plan = b->plan, .table = b->table};
    return port->cut(port->context, b, b->made.row_from + from, rows, &child->made, fault);
}

struct splitting {
    struct tt_upload_batch children[2];
    size_t count;
    struct tt_upload_bad_row bad;
    bool has_bad;
    struct finding_uid uid;
};

/* Without the row that is named, else in two halves; a single row is the bad one. */
static enum tt_err cut_children(struct tt_uploader *u, const struct tt_upload_batch *b,
                                int64_t bad_row, struct splitting *s, struct tt_fault *fault)
{
    uint64_t n = b->made.rows;
    s->has_bad = n == 1 || (bad_row >= 0 && (uint64_t)bad_row < n);
    uint64_t bad = n == 1 || !s->has_bad ? 0 : (uint64_t)bad_row;
    uint64_t first = s->has_bad ? bad : n / 2, behind = s->has_bad ? bad + 1 : n / 2;
    enum tt_err err = TT_OK;
    if (s->has_bad) {
        s->bad.row = b->made.row_from + bad;
        err = find_uid(u, b, bad, &s->uid, fault);
    }
    if (err == TT_OK && first > 0)
        err = cut_child(u, b, 0, first, &s->children[s->count++], fault);
    if (err == TT_OK && behind < n)
        err = cut_child(u, b, behind, n - behind, &s->children[s->count++], fault);
    return err;
}

enum tt_err tt_upload_split(struct tt_uploader *u, struct tt_upload_batch *b,
                            const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    struct splitting s = {.count = 0};
    struct tt_fault trouble = {0};
    enum tt_err err = cut_children(u, b, answer->bad_row, &s, &trouble);
    if (err == TT_ERR_CORRUPT)
        return tt_upload_block(u, b, trouble.text, fault);
    if (err != TT_OK)
        return tt_fault_set(fault, err, "%s", trouble.text);
    s.bad.uid = s.uid.uid;
    s.bad.reason = answer->reason;
    s.bad.message = answer->message;
    err = outbox->split(outbox->context, &u->turn, b, s.children, s.count,
                        s.has_bad ? &s.bad : NULL, tt_uploader_now(u), fault);
    if (err != TT_OK)
        return err;
    u->failures = u->failed_attempts = 0;
    b->state = s.count == 0 ? TT_UPLOAD_QUARANTINED : TT_UPLOAD_SPLIT;
    u->options->rows->drop(u->options->rows->context, &b->made);
    char text[TT_FAULT_TEXT_BYTES + 400];
    snprintf(text, sizeof text, "%s: %s: %s", s.uid.uid, answer->reason, answer->message);
    if (s.has_bad) {
        u->counts.quarantined_rows++;
        tt_uploader_tell(u, TT_OBSERVED_ROW_QUARANTINED, b->number, text);
    }
    if (s.count > 0)
        tt_uploader_tell(u, TT_OBSERVED_UPLOAD_SPLIT, (int64_t)b->made.rows, answer->message);
    return TT_OK;
}
