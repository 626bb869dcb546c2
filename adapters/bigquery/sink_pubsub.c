/* Rows are read in windows of some thousands, grouped by ordering key, and published group by
 * group: a request has one key, in the order of the rows. The first request that fails ends the
 * sending, so no later message of its key can overtake it; the next sending begins with those that
 * are not known to be taken.
 *
 * Failure modes: a lost answer (published again: another message with another id; the view takes
 * it out by row_uid), a crash (what was taken is forgotten: the batch is published again), an
 * answer with fewer ids than messages (taken as lost), a row larger than a request (told). */
#include "adapters/bigquery/sink_pubsub.h"

#include "adapters/bigquery/pubsub_parts.h"
#include "adapters/bigquery/sink_answer.h"
#include "core/base/base64.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <stdlib.h>

static const char way[] = "pubsub";
enum {
    REQUEST_BYTES_MAX = 9 * 1000 * 1000,
    REQUEST_MESSAGES_MAX = 1000,
    WINDOW_ROWS_MAX = 20000,
    WINDOW_BYTES_MAX = 32 << 20,
    KEY_BYTES_MAX = 1024,
    ATTRIBUTE_BYTES_MAX = 1024
};

/* An attribute that is too long is left out: the data has it. */
static void add_attribute(struct tt_buf *buf, const char *name, struct tt_str value)
{
    if (value.len == 0 || value.len > ATTRIBUTE_BYTES_MAX)
        return;
    tt_json_add_key(buf, name);
    tt_json_add_text(buf, value);
}

/* tenant/task_id; where that is longer than a key may be, its hash. */
static void make_key(struct tt_buf *key, struct tt_str tenant, struct tt_str task_id)
{
    tt_buf_clear(key);
    tt_buf_add_str(key, tenant);
    tt_buf_add_char(key, '/');
    tt_buf_add_str(key, task_id);
    if (key->len <= KEY_BYTES_MAX || key->err != TT_OK)
        return;
    uint64_t hash = tt_str_hash(tt_buf_str(key), 0);
    tt_buf_clear(key);
    tt_buf_addf(key, "%016llx", (unsigned long long)hash);
}

static void add_message(struct tt_pubsub *pubsub, uint64_t row, struct tt_str json,
                        const struct tt_json *parsed)
{
    struct tt_buf *window = &pubsub->window;
    struct tt_pubsub_message *message = &pubsub->messages[pubsub->message_count++];
    struct tt_str tenant = tt_json_member_text(parsed, "tenant"),
                  task_id = tt_json_member_text(parsed, "task_id");
    make_key(&pubsub->key, tenant, task_id);
    message->row = row;
    message->at = window->len;
    tt_buf_add_text(window, "{\"orderingKey\":");
    message->key_at = window->len;
    tt_json_add_text(window, tt_buf_str(&pubsub->key));
    message->key_len = window->len - message->key_at;
    tt_buf_add_text(window, ",\"attributes\":{");
    add_attribute(window, "row_uid", tt_json_member_text(parsed, pubsub->batch->table->row_uid));
    add_attribute(window, "task_id", task_id);
    add_attribute(window, "tenant", tenant);
    tt_buf_add_text(window, "},\"data\":\"");
    tt_base64_add(window, json.ptr, json.len, TT_BASE64);
    tt_buf_add_text(window, "\"}");
    message->len = window->len - message->at;
}

/* ---- publishing ---- */

static int compare_keys(const struct tt_pubsub *pubsub, const struct tt_pubsub_message *a,
                        const struct tt_pubsub_message *b)
{
    const struct tt_str x = {pubsub->window.data + a->key_at, a->key_len};
    const struct tt_str y = {pubsub->window.data + b->key_at, b->key_len};
    return tt_str_compare(x, y);
}

static int compare(const void *a, const void *b, void *pubsub)
{
    const struct tt_pubsub_message *x = a, *y = b;
    int order = compare_keys(pubsub, x, y);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static enum tt_err publish(struct tt_pubsub *pubsub, size_t first, size_t end)
{
    tt_buf_add_text(&pubsub->request, "]}");
    if (pubsub->request.err != TT_OK)
        return tt_fault_set(pubsub->fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = tt_json_call(&pubsub->options.access, "POST", pubsub->url,
                                   tt_buf_str(&pubsub->request), &pubsub->call, pubsub->fault);
    if (err != TT_OK)
        return err;
    const struct tt_json *ids = tt_json_get(pubsub->call.json, "messageIds");
    if (ids == NULL || tt_json_type(ids) != TT_JSON_ARRAY || tt_json_count(ids) != end - first)
        return tt_fault_set(pubsub->fault, TT_ERR_UNAVAILABLE,
                            "publish: not an id for each of %zu messages", end - first);
    for (size_t i = first; i < end; i++)
        tt_sent_set(&pubsub->sent, pubsub->messages[i].row);
    return TT_OK;
}

static enum tt_err flush(struct tt_pubsub *pubsub)
{
    const struct tt_pubsub_options *options = &pubsub->options;
    const struct tt_pubsub_message *all = pubsub->messages;
    size_t count = pubsub->message_count;
    enum tt_err err = TT_OK;
    if (pubsub->window.err != TT_OK)
        return tt_fault_set(pubsub->fault, TT_ERR_NO_MEMORY, "out of memory");
    qsort_r(pubsub->messages, count, sizeof *all, compare, pubsub);
    for (size_t first = 0, end; first < count && err == TT_OK; first = end) {
        tt_buf_clear(&pubsub->request);
        for (end = first; end < count && end - first < options->request_messages_max; end++) {
            if (end > first &&
                (compare_keys(pubsub, &all[first], &all[end]) != 0 ||
                 pubsub->request.len + all[end].len + 3 > options->request_bytes_max))
                break;
            tt_buf_add_text(&pubsub->request, end == first ? "{\"messages\":[" : ",");
            tt_buf_add(&pubsub->request, pubsub->window.data + all[end].at, all[end].len);
        }
        err = publish(pubsub, first, end);
    }
    tt_buf_clear(&pubsub->window);
    pubsub->message_count = 0;
    return err;
}

/* ---- the sink ---- */

static enum tt_err add_row(void *context, uint64_t row, struct tt_str json)
{
    struct tt_pubsub *pubsub = context;
    struct tt_json *parsed = NULL;
    struct tt_fault why = {0};
    if (row >= pubsub->sent.now->count || tt_sent_has(&pubsub->sent, row))
        return TT_OK;
    enum tt_err err = tt_json_parse(json, TT_JSON_DEPTH_MAX, &parsed, &why);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(pubsub->fault, err, "out of memory");
    if (err != TT_OK)
        return tt_sink_refuse_row(pubsub->answer, row, TT_STR("invalid"), why.text);
    if (pubsub->message_count == pubsub->options.window_rows_max ||
        pubsub->window.len > WINDOW_BYTES_MAX)
        err = flush(pubsub);
    if (err == TT_OK) {
        add_message(pubsub, row, json, parsed);
        if (pubsub->messages[pubsub->message_count - 1].len + 32 >
            pubsub->options.request_bytes_max)
            err = tt_sink_refuse_row(pubsub->answer, row, TT_STR("tooLarge"),
                                     "the row is larger than a request");
    }
    tt_json_free(parsed);
    return err;
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    (void)context;
    return tt_sent_begin(way, batch, handle, fault);
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_pubsub *pubsub = context;
    struct tt_sink_answer answer;
    tt_sink_say(&answer, TT_SINK_ABSENT);
    pubsub->batch = batch;
    pubsub->answer = &answer;
    pubsub->fault = fault;
    pubsub->message_count = 0;
    tt_buf_clear(&pubsub->window);
    snprintf(pubsub->url, sizeof pubsub->url, "%s/v1/projects/%s/topics/%s-%s:publish",
             pubsub->options.endpoint, pubsub->options.project, pubsub->options.prefix,
             batch->table->name);
    enum tt_err err = tt_sent_start(&pubsub->sent, way, batch, fault);
    if (err == TT_OK)
        err = batch->body->lines(batch->body->context, 0, add_row, pubsub, fault);
    if (err == TT_OK)
        err = flush(pubsub);
    return tt_sent_end(&pubsub->sent, err, &answer, ret_answer);
}

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_pubsub *pubsub = context;
    return tt_sent_ask(&pubsub->sent, way, batch, ret_answer, fault);
}

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_pubsub_set_up(context, list[i], create, fault);
    return err;
}

enum tt_err tt_pubsub_open(const struct tt_pubsub_options *options, struct tt_sink *ret_sink,
                           struct tt_fault *fault)
{
    struct tt_pubsub *pubsub = tt_mem_zalloc(sizeof *pubsub);
    if (pubsub == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_pubsub_options *own = &pubsub->options;
    *own = *options;
    own->prefix = own->prefix != NULL ? own->prefix : "tasktrail";
    own->request_bytes_max =
        own->request_bytes_max > 0 ? own->request_bytes_max : REQUEST_BYTES_MAX;
    own->request_messages_max =
        own->request_messages_max > 0 ? own->request_messages_max : REQUEST_MESSAGES_MAX;
    own->window_rows_max = own->window_rows_max > 0 ? own->window_rows_max : WINDOW_ROWS_MAX;
    tt_json_call_init(&pubsub->call);
    pubsub->messages = tt_mem_array(own->window_rows_max, sizeof *pubsub->messages);
    *ret_sink = (struct tt_sink){pubsub, way, true, 0, tables, begin, send, NULL, ask};
    if (pubsub->messages != NULL)
        return TT_OK;
    tt_pubsub_close(ret_sink);
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

void tt_pubsub_close(struct tt_sink *sink)
{
    struct tt_pubsub *pubsub = sink->context;
    if (pubsub == NULL)
        return;
    tt_json_call_done(&pubsub->call);
    tt_sent_done(&pubsub->sent);
    tt_buf_done(&pubsub->window);
    tt_buf_done(&pubsub->request);
    tt_buf_done(&pubsub->key);
    tt_mem_free(pubsub->messages);
    tt_mem_free(pubsub);
    *sink = (struct tt_sink){0};
}
