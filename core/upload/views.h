/* The views that go with the uploaded tables, in GoogleSQL: core/upload/views/NAME.sql, built in. A
 * view may use those before it in the list. */
#ifndef TT_UPLOAD_VIEWS_H
#define TT_UPLOAD_VIEWS_H

#include "core/base/buf.h"

struct tt_upload_view {
    const char *name;        /* task_status_current */
    const char *description; /* one line: the file's first comment */
    const char *sql;         /* with ${dataset} in place of project.dataset */
};
extern const struct tt_upload_view tt_upload_views[];
extern const size_t tt_upload_view_count;
/* What stands in the tables' place where rows come as messages of Pub/Sub: core/upload/views/
 * messages/NAME.sql, each with all columns of its table. To be made before the others. */
extern const struct tt_upload_view tt_upload_message_views[];
extern const size_t tt_upload_message_view_count;

/* The SELECT of a view over the tables of a dataset ("project.dataset"), appended. */
void tt_upload_view_write(struct tt_buf *buf, const struct tt_upload_view *view,
                          struct tt_str dataset);

#endif
