/* Runs of an uploader in worlds that share one outbox, each with a destination of its own. */
#ifndef TT_TESTS_LIB_UPLOAD_RUNS_H
#define TT_TESTS_LIB_UPLOAD_RUNS_H

#include "tests/lib/upload_world.h"

extern struct tt_outbox tt_upload_outbox;

/* A new file, which need not outlive the machine. */
void tt_upload_outbox_open(void);
/* Nothing goes wrong in it. */
struct tt_upload_world tt_upload_world_new(void);
/* But for bad rows, which are not there. */
void tt_upload_assert_once(const struct tt_upload_world *w);
/* Begun anew after each death, until everything is uploaded. */
void tt_upload_run_to_end(struct tt_upload_world *w);

#endif
