#include "cli/queue_view.h"

#include "cli/secret.h"

enum tt_err tt_queue_view_open(const struct tt_settings *settings, struct tt_redis_view **ret_view,
                               struct tt_fault *fault)
{
    struct tt_buf secret;
    const char *password = NULL;
    tt_buf_init(&secret, 0);
    enum tt_err err = tt_secret_read("TASKTRAIL_REDIS_PASSWORD", &secret, &password, fault);
    const struct tt_redis_view_options options = {
        .url = tt_setting_text(settings, TT_OPT_REDIS),
        .password = password,
        .prefix = tt_setting_text(settings, TT_OPT_PREFIX),
    };
    if (err == TT_OK)
        err = tt_redis_view_open(&options, ret_view, fault);
    tt_buf_done(&secret); /* the view never connects again */
    return err;
}
