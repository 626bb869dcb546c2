#include "cli/secret.h"

#include "adapters/system/file.h"
#include <stdlib.h>

enum { SECRET_BYTES_MAX = 4096 };

enum tt_err tt_secret_redis(struct tt_buf *buf, const char **ret_password, struct tt_fault *fault)
{
    const char *path = getenv("TASKTRAIL_REDIS_PASSWORD_FILE");
    tt_buf_init(buf, SECRET_BYTES_MAX);
    *ret_password = getenv("TASKTRAIL_REDIS_PASSWORD");
    if (*ret_password != NULL || path == NULL)
        return TT_OK;
    enum tt_err err = tt_file_read(path, buf, fault);
    if (err != TT_OK) {
        tt_fault_prefix(fault, "TASKTRAIL_REDIS_PASSWORD_FILE");
        return err;
    }
    tt_buf_add_char(buf, '\0');
    buf->data[strcspn(buf->data, "\r\n")] = '\0';
    *ret_password = buf->data;
    return TT_OK;
}
