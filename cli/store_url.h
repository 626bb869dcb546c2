/* --store: which store a URL names. */
#ifndef TT_CLI_STORE_URL_H
#define TT_CLI_STORE_URL_H

#include "core/base/err.h"
#include "replay/pass.h"

/* The path in sqlite:PATH, borrowed from url. Errors: INVALID, UNSUPPORTED (postgresql:// is not in
 * this build). */
enum tt_err tt_store_url_path(const char *url, const char **ret_path,
                              struct tt_fault *fault) TT_MUST_CHECK;

/* Everything the store holds of one task (task_id absent: of all) into the pass. Errors: those of
 * the store and of the pass. */
enum tt_err tt_store_feed(const char *url, struct tt_str tenant, struct tt_str task_id,
                          struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

#endif
