/* Where a JSON text ends that may be spread over lines, found without parsing it. */
#ifndef TT_MODEL_JSON_SPAN_H
#define TT_MODEL_JSON_SPAN_H

#include "core/base/limits.h"
#include "core/model/records.h"

struct tt_json_span {
    int depth;                                    /* brackets that are open */
    char last;                                    /* the last character so far that is not blank */
    uint64_t objects[TT_JSON_DEPTH_MAX / 64 + 1]; /* a bit for each of them: it is a brace */
};

/* As `look` of struct tt_records_kind. A text that is whole may still be bad; one that cannot be
 * completed by later lines is broken as early as possible, so that a line that was cut off does not
 * swallow the good ones behind it. */
enum tt_span tt_json_span_look(struct tt_json_span *span, struct tt_str line, bool first,
                               int depth_max, struct tt_fault *fault) TT_MUST_CHECK;

#endif
