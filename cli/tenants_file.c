#include "cli/tenants_file.h"

#include "adapters/system/file.h"
#include "cli/stop.h"
#include "core/base/limits.h"
#include "core/base/log.h"

static enum tt_err read_file(const char *path, struct tt_tenants **ret_set, struct tt_fault *fault)
{
    struct tt_buf text;
    tt_buf_init(&text, TT_TENANTS_FILE_BYTES_MAX);
    enum tt_err err = tt_file_read(path, &text, fault);
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
