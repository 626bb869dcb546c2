#include "cli/secret.h"

#include "adapters/system/file.h"
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_BYTES_MAX = 4096 };

enum tt_err tt_secret_read(const char *name, struct tt_buf *buf, const char **ret_password,
                           struct tt_fault *fault)
{
    char file_name[64];
    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    const char *path = getenv(file_name);
    tt_buf_init(buf, SECRET_BYTES_MAX);
    *ret_password = getenv(name);
    if (*ret_password != NULL || path == NULL)
        return TT_OK;
    enum tt_err err = tt_file_read(path, buf, fault);
    if (err != TT_OK) {
        tt_fault_prefix(fault, "%s", file_name);
        return err;
    }
    tt_buf_add_char(buf, '\0');
    if (buf->err != TT_OK)
        return tt_fault_set(fault, buf->err, "%s: too long", file_name);
    buf->data[strcspn(buf->data, "\r\n")] = '\0';
    *ret_password = buf->data;
    return TT_OK;
}
