/* One discrepancy as a JSON object, in the key order of docs/checks.md. */
#ifndef TT_REPORTS_RECORD_JSON_H
#define TT_REPORTS_RECORD_JSON_H

#include "core/base/buf.h"
#include "replay/report.h"

/* The whole record, without line end. */
void tt_record_write(struct tt_buf *buf, const struct tt_report *report,
                     const struct tt_finding *finding);
/* The evidence alone, as an object. */
void tt_record_write_evidence(struct tt_buf *buf, const struct tt_finding *finding);

#endif
