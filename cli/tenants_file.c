#include "cli/tenants_file.h"

#include "adapters/system/file.h"
#include "cli/stop.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/log.h"

/* ---- Lifecycles in files of their own */

/* "DIR/name" for a name beside the file. */
static void add_path(struct tt_buf *buf, const char *beside, struct tt_str name)
{
    const char *slash = strrchr(beside, '/');
    if (name.ptr[0] != '/' && slash != NULL)
        tt_buf_add(buf, beside, (size_t)(slash + 1 - beside));
    tt_buf_add_str(buf, name);
}

/* Adds the lifecycle file's JSON, which is looked at here, where its name is known. */
static enum tt_err add_lifecycle(struct tt_buf *buf, const char *tenants_path, struct tt_str name,
                                 struct tt_fault *fault)
{
    struct tt_lifecycle_set *set = NULL;
    struct tt_json *json = NULL;
    struct tt_buf path, text;
    tt_buf_init(&path, 0);
    tt_buf_init(&text, TT_LIFECYCLE_FILE_BYTES_MAX);
    add_path(&path, tenants_path, name);
    enum tt_err err = path.err != TT_OK ? tt_fault_set(fault, path.err, "out of memory")
                                        : tt_file_read(path.data, &text, fault);
    if (err == TT_OK) {
        err = tt_lifecycle_set_parse(tt_buf_str(&text), &set, fault);
        if (err == TT_OK)
            err = tt_json_parse(tt_buf_str(&text), TT_JSON_DEPTH_DEFAULT, &json, fault);
        if (err != TT_OK)
            tt_fault_prefix(fault, "%s", path.data);
    }
    if (err == TT_OK)
        tt_json_write(buf, json);
    tt_json_free(json);
    tt_lifecycle_set_destroy(set);
    tt_buf_done(&path);
    tt_buf_done(&text);
    return err;
}

static void add_key(struct tt_buf *buf, struct tt_str key)
{
    if (buf->len > 0 && buf->data[buf->len - 1] != '{')
        tt_buf_add_char(buf, ',');
    tt_json_add_text(buf, key);
    tt_buf_add_char(buf, ':');
}

/* The value as it is, but for lifecycles that are names; level 0 is the file, 1 "tenants", 2 one
 * tenant. What is wrong with the rest is for the parser to say. */
static enum tt_err add_value(struct tt_buf *buf, const char *path, const struct tt_json *value,
                             int level, struct tt_fault *fault)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *inner;
    enum tt_err err = TT_OK;
    if (level > 2 || tt_json_type(value) != TT_JSON_OBJECT) {
        tt_json_write(buf, value);
        return TT_OK;
    }
    tt_buf_add_char(buf, '{');
    while (err == TT_OK && tt_json_next(value, &iter, &key, &inner)) {
        add_key(buf, key);
        bool names_file = level == 2 && tt_str_equal(key, TT_STR("lifecycle")) &&
                          tt_json_type(inner) == TT_JSON_TEXT && tt_json_text(inner).len > 0;
        err = names_file ? add_lifecycle(buf, path, tt_json_text(inner), fault)
                         : add_value(buf, path, inner, level + 1, fault);
        if (names_file && err != TT_OK)
            (void)tt_fault_prefix(fault, "%s: lifecycle", path);
    }
    tt_buf_add_char(buf, '}');
    return err;
}

enum tt_err tt_tenants_file_text(const char *path, struct tt_buf *buf, struct tt_fault *fault)
{
    struct tt_json *json = NULL;
    struct tt_buf text;
    tt_buf_init(&text, TT_TENANTS_FILE_BYTES_MAX);
    enum tt_err err = tt_file_read(path, &text, fault);
    /* Where it is no JSON, the parser says so. */
    if (err == TT_OK && strstr(text.data == NULL ? "" : text.data, "\"lifecycle\"") != NULL &&
        tt_json_parse(tt_buf_str(&text), TT_JSON_DEPTH_DEFAULT, &json, NULL) == TT_OK)
        err = add_value(buf, path, json, 0, fault);
    else if (err == TT_OK)
        tt_buf_add_str(buf, tt_buf_str(&text));
    if (err == TT_OK && buf->err != TT_OK)
        err = tt_fault_set(fault, buf->err, "%s: too large with its lifecycles", path);
    tt_json_free(json);
    tt_buf_done(&text);
    return err;
}

static enum tt_err read_file(const char *path, struct tt_tenants **ret_set, struct tt_fault *fault)
{
    struct tt_buf text;
    tt_buf_init(&text, TT_LIFECYCLE_FILE_BYTES_MAX + TT_TENANTS_FILE_BYTES_MAX);
    enum tt_err err = tt_tenants_file_text(path, &text, fault);
    if (err == TT_OK) {
        err = tt_tenants_parse(tt_buf_str(&text), ret_set, fault);
        if (err != TT_OK)
            tt_fault_prefix(fault, "%s", path);
    }
    tt_buf_done(&text);
    return err;
}

enum tt_err tt_tenants_file_read(struct tt_tenants_file *file, const char *path,
                                 struct tt_fault *fault)
{
    *file = (struct tt_tenants_file){.path = path};
    return path == NULL ? TT_OK : read_file(path, &file->set, fault);
}

void tt_tenants_file_done(struct tt_tenants_file *file)
{
    tt_tenants_destroy(file->set);
    file->set = NULL;
}

static void tell_change(void *context, const char *line)
{
    ++*(size_t *)context;
    tt_log(TT_LOG_INFO, "tenants_changed", "%s", line);
}

static void reload(struct tt_tenants_file *file)
{
    struct tt_tenants *fresh = NULL;
    struct tt_fault fault = {0};
    size_t changes = 0;
    if (file->path == NULL) {
        tt_log(TT_LOG_INFO, "reload",
               "asked to read the settings again; there is no --tenants file");
        return;
    }
    enum tt_err err = read_file(file->path, &fresh, &fault);
    if (err != TT_OK) {
        tt_log_fault(TT_LOG_ERROR, "tenants_kept", &fault);
        tt_log(TT_LOG_WARNING, "tenants_kept", "%s was not taken; what it said before goes on",
               file->path);
        return;
    }
    err = tt_tenants_changes(file->set, fresh, tell_change, &changes);
    if (err == TT_OK && changes == 0)
        tt_log(TT_LOG_INFO, "tenants_same", "%s was read again: nothing changed", file->path);
    tt_tenants_destroy(file->set);
    file->set = fresh;
}

static const struct tt_tenants *what_holds_now(void *context)
{
    struct tt_tenants_file *file = context;
    int reloads = *file->reloads;
    if (reloads != file->seen) {
        file->seen = reloads;
        reload(file);
    }
    return file->set;
}

struct tt_tenant_source tt_tenants_file_watch(struct tt_tenants_file *file)
{
    file->reloads = tt_reload_listen();
    return (struct tt_tenant_source){.context = file, .now = what_holds_now};
}
