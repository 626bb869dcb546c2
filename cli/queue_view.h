/* The settings' queue, to be looked at: --redis, --prefix, the password. */
#ifndef TT_CLI_QUEUE_VIEW_H
#define TT_CLI_QUEUE_VIEW_H

#include "adapters/redis/view.h"
#include "cli/options.h"

/* Errors: those of tt_redis_view_open and of reading the password. Returns owned. */
enum tt_err tt_queue_view_open(const struct tt_settings *settings, struct tt_redis_view **ret_view,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
