/* What upload is made of, opened: for cmd_upload.c. */
#ifndef TT_CLI_UPLOAD_PARTS_H
#define TT_CLI_UPLOAD_PARTS_H

#include "cli/judge_rules.h"
#include "cli/sink_choice.h"
#include "cli/store_url.h"
#include "core/port/clock.h"
#include "core/port/crypto.h"
#include "core/port/outbox.h"
#include "core/port/random.h"
#include "core/port/spool.h"
#include "core/port/upload_rows.h"

struct tt_upload_parts {
    struct tt_chosen_sink chosen;
    struct tt_opened_outbox outbox;
    struct tt_opened_store reader; /* while a plan is made */
    const char *store_url;
    struct tt_spool spool;
    struct tt_crypto crypto;
    struct tt_clock clock;
    struct tt_random random;
    struct tt_judge_rules rules;
    struct tt_buf lifecycle_text, tenants_text;
    struct tt_upload_rows rows;
    char holder[96];
};

/* Without store, spool and rows where tables alone are to be made. Errors: INVALID, and those of
 * the parts. tt_upload_parts_close also after a failure. */
enum tt_err tt_upload_parts_open(struct tt_upload_parts *parts, const struct tt_settings *settings,
                                 const volatile int *stop, struct tt_fault *fault) TT_MUST_CHECK;
void tt_upload_parts_close(struct tt_upload_parts *parts);

#endif
