/* Happy path: a batch's lines go to a temporary file that takes the batch's name at the end; the
 * folder is on the disk before anybody hears of it.
 *
 * Failure modes: the disk is full: NO_SPACE, nothing is there under the name; a crash: the same,
 * and the next attempt writes the file anew; the file is there: DONE, and its rows are counted
 * again; it was begun in another form than that of now: it keeps its own. */
#include "adapters/system/file_sink.h"

#include "adapters/system/file.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, BLOCK_BYTES = 64 * 1024, NAME_BYTES = 200, JSON_DEPTH = 1024 };

struct file_sink {
    char *dir;
    enum tt_file_sink_form form;
};

static const char *ending(const struct file_sink *sink)
{
    return sink->form == TT_FILE_SINK_CSV ? "csv" : "ndjson";
}

static enum tt_err make_dir(const char *path, struct tt_fault *fault)
{
    struct stat info;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return TT_OK;
    int problem = errno == EEXIST ? ENOTDIR : errno;
    return tt_fault_errno(fault, tt_file_err(problem), problem, "%s", path);
}

/* The form a batch was begun in, by its name. */
static bool is_csv(const struct tt_sink_batch *batch)
{
    static const char end[] = ".csv";
    size_t len = sizeof end - 1;
    return batch->handle.len > len &&
           memcmp(batch->handle.ptr + batch->handle.len - len, end, len) == 0;
}

static void batch_path(const struct file_sink *sink, const struct tt_sink_batch *batch,
                       char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%.*s", sink->dir, TT_STR_ARGS(batch->handle));
}

/* ---- Tables */

static enum tt_err write_schema(const struct file_sink *sink, const struct tt_upload_table *table,
                                struct tt_fault *fault)
{
    char path[PATH_BYTES];
    struct tt_buf schema;
    struct tt_file_out *out = NULL;
    snprintf(path, sizeof path, "%s/%s.schema.json", sink->dir, table->name);
    tt_buf_init(&schema, 0);
    tt_upload_table_write_schema(&schema, table);
    enum tt_err err = schema.err == TT_OK ? tt_file_out_open(path, &out, fault)
                                          : tt_fault_set(fault, schema.err, "out of memory");
    if (err == TT_OK)
        err = tt_file_out_write(out, schema.data, schema.len, fault);
    if (err == TT_OK)
        err = tt_file_out_commit(out, fault);
    else
        tt_file_out_abort(out);
    tt_buf_done(&schema);
    return err;
}

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    const struct file_sink *sink = context;
    enum tt_err err = TT_OK;
    (void)create;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", sink->dir, list[i]->name);
        err = make_dir(path, fault);
        if (err == TT_OK)
            err = tt_file_sync_folder(path, fault);
        if (err == TT_OK)
            err = write_schema(sink, list[i], fault);
    }
    return err;
}

/* ---- Writing */

struct writing {
    bool csv;
    const struct tt_upload_table *table;
    struct tt_file_out *out;
    struct tt_buf line;
    uint64_t rows;
    struct tt_fault *fault;
};

/* A cell of RFC 4180. An absent value is nothing, an empty text is "". */
static void add_cell(struct tt_buf *buf, struct tt_str text)
{
    bool quote = text.len == 0 || memchr(text.ptr, '"', text.len) != NULL ||
                 memchr(text.ptr, ',', text.len) != NULL ||
                 memchr(text.ptr, '\n', text.len) != NULL ||
                 memchr(text.ptr, '\r', text.len) != NULL;
    if (!quote) {
        tt_buf_add_str(buf, text);
        return;
    }
    tt_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            tt_buf_add_char(buf, '"');
        tt_buf_add_char(buf, text.ptr[i]);
    }
    tt_buf_add_char(buf, '"');
}

static void add_value(struct tt_buf *buf, const struct tt_json *value)
{
    if (value == NULL)
        return;
    if (tt_json_type(value) == TT_JSON_TEXT) {
        add_cell(buf, tt_json_text(value));
        return;
    }
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_json_write(&text, value);
    if (text.err != TT_OK)
        buf->err = text.err;
    else
        add_cell(buf, tt_buf_str(&text));
    tt_buf_done(&text);
}

static enum tt_err add_csv(struct writing *writing, struct tt_str json)
{
    struct tt_json *row = NULL;
    enum tt_err err = tt_json_parse(json, JSON_DEPTH, &row, writing->fault);
    for (size_t i = 0; err == TT_OK && i < writing->table->column_count; i++) {
        if (i > 0)
            tt_buf_add_char(&writing->line, ',');
        add_value(&writing->line, tt_json_get(row, writing->table->columns[i].name));
    }
    tt_json_free(row);
    return err;
}

static enum tt_err write_line(struct writing *writing)
{
    tt_buf_add_char(&writing->line, '\n');
    if (writing->line.err != TT_OK)
        return tt_fault_set(writing->fault, writing->line.err, "out of memory");
    return tt_file_out_write(writing->out, writing->line.data, writing->line.len, writing->fault);
}

static enum tt_err write_row(void *context, uint64_t row, struct tt_str json)
{
    struct writing *writing = context;
    enum tt_err err = TT_OK;
    (void)row;
    tt_buf_clear(&writing->line);
    if (writing->csv)
        err = add_csv(writing, json);
    else
        tt_buf_add_str(&writing->line, json);
    writing->rows++;
    return err == TT_OK ? write_line(writing) : err;
}

static enum tt_err write_header(struct writing *writing)
{
    if (!writing->csv)
        return TT_OK;
    for (size_t i = 0; i < writing->table->column_count; i++) {
        if (i > 0)
            tt_buf_add_char(&writing->line, ',');
        tt_buf_add_text(&writing->line, writing->table->columns[i].name);
    }
    return write_line(writing);
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    (void)fault;
    tt_buf_addf(handle, "%s/%.*s.%s", batch->table->name, TT_STR_ARGS(batch->id), ending(context));
    return TT_OK;
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct writing writing = {.csv = is_csv(batch), .table = batch->table, .fault = fault};
    char path[PATH_BYTES];
    batch_path(context, batch, path);
    tt_buf_init(&writing.line, 0);
    enum tt_err err = tt_file_out_open(path, &writing.out, fault);
    if (err == TT_OK)
        err = write_header(&writing);
    if (err == TT_OK)
        err = batch->body->lines(batch->body->context, 0, write_row, &writing, fault);
    if (err == TT_OK)
        err = tt_file_out_commit(writing.out, fault);
    else
        tt_file_out_abort(writing.out);
    tt_buf_done(&writing.line);
    if (err == TT_OK)
        err = tt_file_sync_folder(path, fault);
    if (err == TT_OK)
        *ret_answer =
            (struct tt_sink_answer){.state = TT_SINK_DONE, .rows = writing.rows, .bad_row = -1};
    return err;
}

/* ---- Asking */

/* Line ends that are not within quotes; JSON has none within a line, and may count all. */
static enum tt_err count_rows(int fd, bool csv, const char *path, uint64_t *ret_rows,
                              struct tt_fault *fault)
{
    char block[BLOCK_BYTES];
    uint64_t lines = 0;
    bool quoted = false;
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tt_fault_errno(fault, TT_ERR_IO, errno, "%s", path);
        if (got == 0)
            break;
        for (ssize_t i = 0; i < got; i++) {
            quoted ^= csv && block[i] == '"';
            lines += !quoted && block[i] == '\n';
        }
    }
    *ret_rows = csv && lines > 0 ? lines - 1 : lines;
    return TT_OK;
}

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    const struct file_sink *sink = context;
    char path[PATH_BYTES];
    struct tt_sink_answer answer = {.state = TT_SINK_ABSENT, .bad_row = -1};
    batch_path(sink, batch, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
    enum tt_err err = TT_OK;
    if (fd >= 0) {
        answer.state = TT_SINK_DONE;
        err = count_rows(fd, is_csv(batch), path, &answer.rows, fault);
        close(fd);
        if (err == TT_OK) /* who wrote it may have died before it did so */
            err = tt_file_sync_folder(path, fault);
    }
    if (err == TT_OK)
        *ret_answer = answer;
    return err;
}

enum tt_err tt_file_sink_open(const char *dir, enum tt_file_sink_form form,
                              struct tt_sink *ret_sink, struct tt_fault *fault)
{
    size_t size = strlen(dir) + 1;
    if (size + NAME_BYTES > PATH_BYTES)
        return tt_fault_set(fault, TT_ERR_INVALID, "%.60s...: too long a name for a folder", dir);
    enum tt_err err = make_dir(dir, fault);
    if (err == TT_OK)
        err = tt_file_sync_folder(dir, fault);
    if (err != TT_OK)
        return err;
    struct file_sink *sink = tt_mem_zalloc(sizeof *sink);
    if (sink != NULL)
        sink->dir = tt_mem_alloc(size);
    if (sink == NULL || sink->dir == NULL) {
        tt_mem_free(sink);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    memcpy(sink->dir, dir, size);
    sink->form = form;
    *ret_sink = (struct tt_sink){.context = sink,
                                 .name = "file",
                                 .tables = tables,
                                 .begin = begin,
                                 .send = send,
                                 .ask = ask};
    return TT_OK;
}

void tt_file_sink_done(struct tt_sink *sink)
{
    struct file_sink *s = sink->context;
    if (s != NULL) {
        tt_mem_free(s->dir);
        tt_mem_free(s);
    }
    *sink = (struct tt_sink){0};
}
