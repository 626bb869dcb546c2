#include "cli/lifecycle_file.h"

#include "adapters/system/file.h"

enum tt_err tt_lifecycle_file_read(const char *path, struct tt_lifecycle_set **ret_set,
                                   struct tt_fault *fault)
{
    if (path == NULL) {
        *ret_set = NULL;
        return TT_OK;
    }
    struct tt_buf text;
    tt_buf_init(&text, TT_LIFECYCLE_FILE_BYTES_MAX);
    enum tt_err err = tt_file_read(path, &text, fault);
    if (err == TT_OK) {
        err = tt_lifecycle_set_parse(tt_buf_str(&text), ret_set, fault);
        if (err != TT_OK)
            tt_fault_prefix(fault, "%s", path);
    }
    tt_buf_done(&text);
    return err;
}
