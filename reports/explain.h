/* `explain KIND`: definition, example, what to do. */
#ifndef TT_REPORTS_EXPLAIN_H
#define TT_REPORTS_EXPLAIN_H

#include "core/base/buf.h"

/* False, nothing written, for an unknown kind. */
bool tt_explain(struct tt_str kind, struct tt_buf *buf) TT_MUST_CHECK;

#endif
