/* One batch, one step after another:
 *
 *   PLANNED -- begin --> [OPEN is stored, with the handle] -- send --> its answer
 *   OPEN, read back -- ask --> its answer; ABSENT: send
 *   COMMITTING, read back -- ask --> its answer; ABSENT: commit
 *
 * Failure modes, by what is known: an error of class RETRY: the outcome is unknown, so the state
 * stays and the next step asks; FAILED: nothing is there, the next generation begins; REFUSED: two
 * smaller batches, down to the row that is to blame, or blocked where the table is; FAILED in doubt
 * which of the two it is: blocked by the table, else as REFUSED, but only after some generations;
 * an error of class POISON (an answer too long to be read): as RETRY; an error of class REFUSE, or
 * rows that are not those that were planned: blocked, looked at again each minute. */
#include "core/engine/uploader_parts.h"

#include "core/engine/backoff.h"
#include <stdio.h>

#define S_US          INT64_C(1000000)
#define BLOCKED_US    (60 * S_US)
#define POLL_FIRST_US (S_US / 2)
#define POLL_MAX_US   (10 * S_US)

/* A column that was just added is not known to all of a service at once: rows are blamed for a
 * doubtful failure only after the waits between so many generations, about a minute. */
enum { DOUBTS_MAX = 6 };

static enum tt_err answered(struct tt_uploader *u, struct tt_upload_batch *b,
                            const struct tt_sink_answer *answer, bool moved,
                            struct tt_fault *fault);

/* ---- What is stored */

static enum tt_err store(struct tt_uploader *u, struct tt_upload_batch *b, int64_t load_at_us,
                         struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    return outbox->change(outbox->context, &u->turn, b, load_at_us, tt_uploader_now(u), fault);
}

static void say(struct tt_upload_batch *b, const char *text)
{
    snprintf(b->problem, sizeof b->problem, "%s", text);
}

/* Something went well. */
static void forget_trouble(struct tt_uploader *u, struct tt_upload_batch *b)
{
    b->attempts = 0;
    b->blocked = false;
    b->problem[0] = '\0';
    b->next_try_us = 0;
    u->failures = u->failed_attempts;
}

static int64_t later_us(const struct tt_uploader *u, int64_t wait_us)
{
    return tt_uploader_now(u) + (wait_us < TT_UPLOAD_WAIT_MAX_US ? wait_us : TT_UPLOAD_WAIT_MAX_US);
}

static enum tt_err try_later(struct tt_uploader *u, struct tt_upload_batch *b, const char *problem,
                             int64_t wait_us, struct tt_fault *fault)
{
    struct tt_backoff backoff = {
        .first_us = S_US, .max_us = 32 * S_US, .tries = (unsigned)b->attempts};
    int64_t own_us = tt_backoff_next_us(&backoff, u->options->random);
    b->attempts++;
    b->next_try_us = later_us(u, wait_us > own_us ? wait_us : own_us);
    say(b, problem);
    u->failures++;
    u->counts.retries++;
    tt_uploader_tell(u, TT_OBSERVED_UPLOAD_RETRIED, b->number, problem);
    return store(u, b, 0, fault);
}

enum tt_err tt_upload_block(struct tt_uploader *u, struct tt_upload_batch *b, const char *problem,
                            struct tt_fault *fault)
{
    b->blocked = true;
    b->next_try_us = tt_uploader_now(u) + BLOCKED_US;
    say(b, problem);
    u->failures++;
    tt_uploader_tell(u, TT_OBSERVED_UPLOAD_BLOCKED, b->number, problem);
    return store(u, b, 0, fault);
}

static enum tt_err poll_later(struct tt_uploader *u, struct tt_upload_batch *b,
                              const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    int64_t own_us = POLL_FIRST_US;
    for (int64_t i = 0; i < b->attempts && own_us < POLL_MAX_US; i++)
        own_us += own_us / 2;
    own_us = own_us < POLL_MAX_US ? own_us : POLL_MAX_US;
    b->attempts++;
    b->blocked = false;
    say(b, answer->message); /* why it has to wait, where the sink says so */
    b->next_try_us = later_us(u, answer->wait_us > 0 ? answer->wait_us : own_us);
    u->failures = u->failed_attempts;
    u->put_off = answer->wait_us > 0 ? u->put_off + 1 : 0;
    if (answer->wait_us > 0) {
        tt_fault_clear(&u->last);
        tt_fault_set(&u->last, TT_ERR_UNAVAILABLE, "%s", answer->message);
    }
    if (b->problem[0] != '\0')
        tt_uploader_tell(u, TT_OBSERVED_UPLOAD_WAITS, 0, b->problem);
    return store(u, b, 0, fault);
}

/* ---- Asking the sink */

static struct tt_sink_batch sink_batch(const struct tt_uploader *u, const struct tt_upload_batch *b,
                                       char *id, const struct tt_body *body)
{
    tt_upload_id(id, u->turn.destination, b);
    return (struct tt_sink_batch){
        .id = tt_str_from(id),
        .table = &tt_upload_tables[b->table],
        .body = body,
        .handle = b->handle[0] == '\0' ? TT_STR_NONE : tt_str_from(b->handle),
        .commit_sent = b->state == TT_UPLOAD_COMMITTING,
    };
}

/* An error of the sink, or of bringing the rows to it. None of them tells of a row: not even an
 * answer that is too long, which may come from who gives tokens. */
static enum tt_err failed(struct tt_uploader *u, struct tt_upload_batch *b, enum tt_err err,
                          const struct tt_fault *trouble, struct tt_fault *fault)
{
    u->last = *trouble;
    switch (tt_err_class(err)) {
    case TT_CLASS_RETRY:
    case TT_CLASS_POISON: return try_later(u, b, trouble->text, 0, fault);
    case TT_CLASS_REFUSE: return tt_upload_block(u, b, trouble->text, fault);
    default: break;
    }
    return err == TT_ERR_CORRUPT ? tt_upload_block(u, b, trouble->text, fault)
                                 : tt_fault_set(fault, err, "%s", trouble->text);
}

static enum tt_err look_at_table(const struct tt_uploader *u, const struct tt_upload_batch *b,
                                 struct tt_fault *trouble)
{
    const struct tt_sink *sink = u->options->sink;
    const struct tt_upload_table *table = &tt_upload_tables[b->table];
    return sink->tables(sink->context, &table, 1, false, trouble);
}

/* Nothing of the attempt is there, nor ever will be. Its handle goes, too: asked for once the table
 * is set right, it would tell the same refusal, and the rows would be blamed. */
static enum tt_err table_failed(struct tt_uploader *u, struct tt_upload_batch *b, enum tt_err err,
                                const struct tt_fault *trouble, struct tt_fault *fault)
{
    if (tt_err_class(err) == TT_CLASS_REFUSE && !u->options->sink->at_least_once) {
        b->generation++;
        b->state = TT_UPLOAD_PLANNED;
        b->handle[0] = '\0';
    }
    return failed(u, b, err, trouble, fault);
}

/* Rows are refused, too, by a table that somebody has changed: all of them would end in quarantine,
 * at the price of a day's loads. */
static enum tt_err split(struct tt_uploader *u, struct tt_upload_batch *b,
                         const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    struct tt_fault trouble = {0};
    enum tt_err err = look_at_table(u, b, &trouble);
    return err == TT_OK ? tt_upload_split(u, b, answer, fault)
                        : table_failed(u, b, err, &trouble, fault);
}

static enum tt_err done(struct tt_uploader *u, struct tt_upload_batch *b,
                        const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    char id[TT_UPLOAD_ID_BYTES], text[TT_UPLOAD_ID_BYTES + 120];
    tt_upload_id(id, u->turn.destination, b);
    if (answer->rows != b->made.rows && !u->options->sink->at_least_once) {
        snprintf(text, sizeof text, "%s: the sink counts %llu rows, %llu were sent", id,
                 (unsigned long long)answer->rows, (unsigned long long)b->made.rows);
        tt_fault_clear(&u->last);
        tt_fault_set(&u->last, TT_ERR_CORRUPT, "%s", text);
        return tt_upload_block(u, b, text, fault);
    }
    u->failed_attempts = u->put_off = 0;
    forget_trouble(u, b);
    b->state = TT_UPLOAD_DONE;
    enum tt_err err = store(u, b, 0, fault);
    if (err != TT_OK)
        return err;
    u->counts.batches++;
    u->counts.rows[b->table] += b->made.rows;
    u->counts.bytes += b->made.bytes;
    u->counts.line_bytes += b->made.line_bytes;
    u->counts.column_bytes += b->made.column_bytes;
    u->options->rows->drop(u->options->rows->context, &b->made);
    tt_uploader_tell(u, TT_OBSERVED_BATCH_UPLOADED, (int64_t)b->made.rows, id);
    return TT_OK;
}

static enum tt_err next_generation(struct tt_uploader *u, struct tt_upload_batch *b,
                                   const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    char text[TT_FAULT_TEXT_BYTES + 80];
    snprintf(text, sizeof text, "%s: %s", answer->reason, answer->message);
    tt_fault_clear(&u->last);
    tt_fault_set(&u->last, TT_ERR_UNAVAILABLE, "%s", text);
    /* That it could be begun and ran for a while is no success: waits grow, and failures add up. */
    u->failures = u->failed_attempts++;
    b->attempts = b->generation - 1;
    b->generation++;
    b->state = TT_UPLOAD_PLANNED;
    b->handle[0] = '\0';
    return try_later(u, b, text, answer->wait_us, fault);
}

/* The attempt has failed, and the table or a row is to blame. */
static enum tt_err doubted(struct tt_uploader *u, struct tt_upload_batch *b,
                           const struct tt_sink_answer *answer, struct tt_fault *fault)
{
    struct tt_fault trouble = {0};
    enum tt_err err = look_at_table(u, b, &trouble);
    if (err != TT_OK)
        return table_failed(u, b, err, &trouble, fault);
    return b->generation < DOUBTS_MAX ? next_generation(u, b, answer, fault)
                                      : tt_upload_split(u, b, answer, fault);
}

static enum tt_err commit(struct tt_uploader *u, struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_sink *sink = u->options->sink;
    const struct tt_body counts = {.bytes = b->made.bytes, .rows = b->made.rows};
    char id[TT_UPLOAD_ID_BYTES];
    struct tt_sink_answer answer = {.bad_row = -1};
    struct tt_fault trouble = {0};
    const struct tt_sink_batch to_sink = sink_batch(u, b, id, &counts);
    enum tt_err err = sink->commit(sink->context, &to_sink, &answer, &trouble);
    return err == TT_OK ? answered(u, b, &answer, false, fault)
                        : failed(u, b, err, &trouble, fault);
}

static enum tt_err begin_commit(struct tt_uploader *u, struct tt_upload_batch *b,
                                struct tt_fault *fault)
{
    forget_trouble(u, b);
    b->state = TT_UPLOAD_COMMITTING;
    enum tt_err err = store(u, b, 0, fault);
    return err == TT_OK ? commit(u, b, fault) : err;
}

/* moved: no commit was sent yet, so where the sink wants one the rows wait for it. */
static enum tt_err answered(struct tt_uploader *u, struct tt_upload_batch *b,
                            const struct tt_sink_answer *answer, bool moved, struct tt_fault *fault)
{
    switch (answer->state) {
    case TT_SINK_DONE: return done(u, b, answer, fault);
    case TT_SINK_RUNNING:
        if (moved && u->options->sink->commit != NULL)
            return begin_commit(u, b, fault);
        return poll_later(u, b, answer, fault);
    case TT_SINK_FAILED:
        return answer->doubt ? doubted(u, b, answer, fault) : next_generation(u, b, answer, fault);
    case TT_SINK_REFUSED: return split(u, b, answer, fault);
    case TT_SINK_ABSENT: break;
    }
    return try_later(u, b, "the sink does not know what was sent just now", answer->wait_us, fault);
}

static enum tt_err send(struct tt_uploader *u, struct tt_upload_batch *b,
                        const struct tt_body *body, struct tt_fault *fault)
{
    const struct tt_sink *sink = u->options->sink;
    char id[TT_UPLOAD_ID_BYTES];
    struct tt_sink_answer answer = {.bad_row = -1};
    struct tt_fault trouble = {0};
    const struct tt_sink_batch to_sink = sink_batch(u, b, id, body);
    enum tt_err err = sink->send(sink->context, &to_sink, &answer, &trouble);
    u->options->rows->close(u->options->rows->context);
    return err == TT_OK ? answered(u, b, &answer, true, fault) : failed(u, b, err, &trouble, fault);
}

static enum tt_err begin(struct tt_uploader *u, struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_sink *sink = u->options->sink;
    const struct tt_upload_rows *rows = u->options->rows;
    const struct tt_body *body = NULL;
    char id[TT_UPLOAD_ID_BYTES];
    struct tt_fault trouble = {0};
    /* What the table refused would be refused again, and be counted against the loads of a day. */
    enum tt_err err = b->blocked ? look_at_table(u, b, &trouble) : TT_OK;
    if (err == TT_OK)
        err = rows->open(rows->context, b, &body, &trouble);
    if (err != TT_OK)
        return failed(u, b, err, &trouble, fault);
    tt_buf_clear(&u->handle);
    const struct tt_sink_batch to_sink = sink_batch(u, b, id, body);
    err = sink->begin(sink->context, &to_sink, &u->handle, &trouble);
    if (err == TT_OK && u->handle.err != TT_OK)
        err = tt_fault_set(&trouble, TT_ERR_CORRUPT, "%s: a handle of more than %d bytes", id,
                           TT_UPLOAD_HANDLE_BYTES - 1);
    if (err != TT_OK) {
        rows->close(rows->context);
        return failed(u, b, err, &trouble, fault);
    }
    snprintf(b->handle, sizeof b->handle, "%.*s", TT_STR_ARGS(tt_buf_str(&u->handle)));
    forget_trouble(u, b);
    b->state = TT_UPLOAD_OPEN;
    err = store(u, b, tt_uploader_now(u), fault);
    if (err != TT_OK) {
        rows->close(rows->context);
        return err;
    }
    return send(u, b, body, fault);
}

/* What was read back: the sink is asked before anything else. */
static enum tt_err ask(struct tt_uploader *u, struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_sink *sink = u->options->sink;
    const struct tt_upload_rows *rows = u->options->rows;
    const struct tt_body counts = {.bytes = b->made.bytes, .rows = b->made.rows};
    const struct tt_body *body = NULL;
    char id[TT_UPLOAD_ID_BYTES];
    struct tt_sink_answer answer = {.bad_row = -1};
    struct tt_fault trouble = {0};
    const struct tt_sink_batch to_sink = sink_batch(u, b, id, &counts);
    bool committing = b->state == TT_UPLOAD_COMMITTING;
    enum tt_err err = sink->ask(sink->context, &to_sink, &answer, &trouble);
    if (err != TT_OK)
        return failed(u, b, err, &trouble, fault);
    if (answer.state != TT_SINK_ABSENT)
        return answered(u, b, &answer, !committing, fault);
    if (committing)
        return commit(u, b, fault);
    err = rows->open(rows->context, b, &body, &trouble);
    return err == TT_OK ? send(u, b, body, fault) : failed(u, b, err, &trouble, fault);
}

enum tt_err tt_upload_step(struct tt_uploader *u, struct tt_upload_batch *b, struct tt_fault *fault)
{
    return b->state == TT_UPLOAD_PLANNED ? begin(u, b, fault) : ask(u, b, fault);
}
