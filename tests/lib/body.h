/* Rows of a batch in memory, as a body of the upload port. */
#ifndef TT_TESTS_LIB_BODY_H
#define TT_TESTS_LIB_BODY_H

#include "core/base/buf.h"
#include "core/port/body.h"

struct tt_test_body {
    struct tt_body port;
    struct tt_buf lines; /* NDJSON */
    struct tt_buf gzip;
};

/* Add lines to `lines`, then seal. */
void tt_test_body_init(struct tt_test_body *body);
void tt_test_body_seal(struct tt_test_body *body);
void tt_test_body_done(struct tt_test_body *body);

#endif
