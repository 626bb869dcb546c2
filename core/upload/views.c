#include "core/upload/views.h"

#define PLACEHOLDER "${dataset}"

void tt_upload_view_write(struct tt_buf *buf, const struct tt_upload_view *view,
                          struct tt_str dataset)
{
    const char *at = view->sql;
    for (const char *stop; (stop = strstr(at, PLACEHOLDER)) != NULL;) {
        tt_buf_add(buf, at, (size_t)(stop - at));
        tt_buf_add_str(buf, dataset);
        at = stop + sizeof PLACEHOLDER - 1;
    }
    tt_buf_add_text(buf, at);
}
