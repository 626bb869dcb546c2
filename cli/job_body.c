#include "cli/job_body.h"

#include "core/base/time.h"

static const char *const kinds[] = {"report", "replay"};
enum { VERSION = 1, DEPTH_MAX = 4 };

static void add_text(struct tt_buf *buf, const char *key, struct tt_str text)
{
    tt_json_add_key(buf, key);
    tt_json_add_text(buf, text);
}

static void add_int(struct tt_buf *buf, const char *key, int64_t value)
{
    tt_json_add_key(buf, key);
    tt_buf_add_int(buf, value);
}

void tt_job_body_write(struct tt_buf *buf, const struct tt_job_body *body)
{
    const struct tt_render_options *render = &body->render;
    tt_buf_add_char(buf, '{');
    add_int(buf, "version", VERSION);
    add_text(buf, "kind", tt_str_from(kinds[body->kind]));
    add_int(buf, "shards", body->shards);
    add_text(buf, "lifecycle", body->lifecycle);
    add_text(buf, "tenants", body->tenants);
    add_int(buf, "ties_by_arrival", body->ties_by_arrival);
    add_int(buf, "apply_by_arrival", body->apply_by_arrival);
    add_int(buf, "now_us", body->now_us);
    add_int(buf, "max_future_us", body->max_future_us);
    add_text(buf, "tenant", body->tenant);
    add_text(buf, "task_id", body->task_id);
    add_int(buf, "format", render->format);
    add_int(buf, "colour", render->colour);
    add_int(buf, "width", render->width);
    add_text(buf, "how_to_list", tt_str_from(render->how_to_list));
    add_text(buf, "show_task", tt_str_from(render->show_task));
    tt_buf_add_char(buf, '}');
}

struct reading {
    const struct tt_json *root;
    bool wrong;
};

static struct tt_str text_of(struct reading *reading, const char *key)
{
    const struct tt_json *value = tt_json_get(reading->root, key);
    if (value == NULL || tt_json_type(value) == TT_JSON_NULL)
        return TT_STR_NONE;
    if (tt_json_type(value) == TT_JSON_TEXT)
        return tt_json_text(value);
    reading->wrong = true;
    return TT_STR_NONE;
}

static int64_t int_of(struct reading *reading, const char *key, int64_t min, int64_t max)
{
    const struct tt_json *value = tt_json_get(reading->root, key);
    if (value != NULL && tt_json_type(value) == TT_JSON_INT && tt_json_int(value) >= min &&
        tt_json_int(value) <= max)
        return tt_json_int(value);
    reading->wrong = true;
    return min;
}

/* The reader wants text without U+0000, so its texts end where C's do. */
static const char *c_text_of(struct reading *reading, const char *key)
{
    return text_of(reading, key).ptr;
}

static enum tt_job_kind kind_of(struct reading *reading)
{
    struct tt_str name = text_of(reading, "kind");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (tt_str_equal(name, tt_str_from(kinds[i])))
            return (enum tt_job_kind)i;
    reading->wrong = true;
    return TT_JOB_KIND_REPORT;
}

enum tt_err tt_job_body_read(struct tt_str text, struct tt_job_body *ret_body,
                             struct tt_fault *fault)
{
    struct tt_json *json = NULL;
    enum tt_err err = tt_json_parse(text, DEPTH_MAX, &json, fault);
    if (err != TT_OK)
        return err;
    struct reading reading = {.root = json};
    if (tt_json_type(json) != TT_JSON_OBJECT ||
        int_of(&reading, "version", 0, INT64_MAX) != VERSION) {
        tt_json_free(json);
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "the question is of another version than this worker");
    }
    struct tt_job_body body = {
        .kind = kind_of(&reading),
        .shards = (unsigned)int_of(&reading, "shards", 1, 64),
        .lifecycle = text_of(&reading, "lifecycle"),
        .tenants = text_of(&reading, "tenants"),
        .ties_by_arrival = int_of(&reading, "ties_by_arrival", 0, 1) == 1,
        .apply_by_arrival = int_of(&reading, "apply_by_arrival", 0, 1) == 1,
        .now_us = int_of(&reading, "now_us", INT64_MIN, INT64_MAX),
        .max_future_us = int_of(&reading, "max_future_us", 0, INT64_MAX),
        .tenant = text_of(&reading, "tenant"),
        .task_id = text_of(&reading, "task_id"),
        .render = {.format = (enum tt_format)int_of(&reading, "format", 0, TT_FORMAT_HTML),
                   .colour = int_of(&reading, "colour", 0, 1) == 1,
                   .width = (int)int_of(&reading, "width", 0, 1000),
                   .how_to_list = c_text_of(&reading, "how_to_list"),
                   .show_task = c_text_of(&reading, "show_task")},
        .json = json,
    };
    if (body.kind == TT_JOB_KIND_REPLAY && (body.tenant.len == 0 || body.task_id.len == 0))
        reading.wrong = true;
    if (reading.wrong) {
        tt_json_free(json);
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "the question is not one that this worker understands");
    }
    *ret_body = body;
    return TT_OK;
}

void tt_job_body_done(struct tt_job_body *body)
{
    tt_json_free(body->json);
    body->json = NULL;
}
