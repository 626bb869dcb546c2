#include "cli/demo_task.h"

#include "adapters/sqlite/store.h"
#include "adapters/system/file.h"
#include "core/base/json.h"
#include <stdio.h>
#include <string.h>

struct choosing {
    char task[256];
    int64_t events;
};

static enum tt_err choose_longest(void *context, const struct tt_current_row *row)
{
    struct choosing *choosing = context;
    if (row->events > choosing->events && row->task_id.len < sizeof choosing->task) {
        choosing->events = row->events;
        memcpy(choosing->task, row->task_id.ptr, row->task_id.len);
        choosing->task[row->task_id.len] = '\0';
    }
    return TT_OK;
}

/* The first task of the worst discrepancy in a report's NDJSON; empty when there is none worse than
 * a note. */
static void choose_worst(const char *path, char *task, size_t size)
{
    struct tt_buf text;
    struct tt_fault ignored = {0};
    int worst = 0;
    tt_buf_init(&text, 256 << 20);
    if (tt_file_read(path, &text, &ignored) != TT_OK)
        tt_buf_clear(&text);
    for (char *line = text.data, *end; line != NULL && *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        if (end == NULL)
            break;
        struct tt_json *record = NULL;
        if (tt_json_parse((struct tt_str){line, (size_t)(end - line)}, 16, &record, NULL) != TT_OK)
            continue;
        struct tt_str severity = tt_json_text(tt_json_get(record, "severity"));
        struct tt_str id = tt_json_text(tt_json_get(record, "task_id"));
        int badness = tt_str_equal(severity, TT_STR("error"))     ? 2
                      : tt_str_equal(severity, TT_STR("warning")) ? 1
                                                                  : 0;
        if (badness > worst && id.len < size) {
            worst = badness;
            memcpy(task, id.ptr, id.len);
            task[id.len] = '\0';
        }
        tt_json_free(record);
    }
    tt_buf_done(&text);
}

enum tt_err tt_demo_task(const char *report_path, const char *store_path, char *task, size_t size,
                         struct tt_fault *fault)
{
    task[0] = '\0';
    choose_worst(report_path, task, size);
    if (task[0] != '\0')
        return TT_OK;
    struct choosing choosing = {0};
    struct tt_store_reader reader = {0};
    enum tt_err err = tt_sqlite_reader_open(store_path, TT_SQLITE_BUSY_MS_DEFAULT, &reader, fault);
    if (err == TT_OK)
        err = reader.current(reader.context, TT_STR_NONE, TT_STR_NONE, choose_longest, &choosing,
                             fault);
    tt_sqlite_reader_done(&reader);
    if (err == TT_OK)
        snprintf(task, size, "%s", choosing.task);
    return err;
}
