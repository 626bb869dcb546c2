#include "cli/sink_choice.h"

#include "adapters/system/file_sink.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static enum tt_err choose_file(const struct tt_settings *settings, const char *dir,
                               struct tt_chosen_sink *chosen, struct tt_fault *fault)
{
    enum tt_file_sink_form form = (enum tt_file_sink_form)tt_setting_u64(settings, TT_OPT_FILES);
    enum tt_err err = tt_file_sink_open(dir, form, &chosen->sink, fault);
    if (err != TT_OK)
        return err;
    chosen->done = tt_file_sink_done;
    /* The folder, however it was named. */
    char whole[PATH_MAX];
    snprintf(chosen->destination, sizeof chosen->destination, "file:%s",
             realpath(dir, whole) == NULL ? dir : whole);
    return TT_OK;
}

enum tt_err tt_sink_choose(const struct tt_settings *settings, struct tt_chosen_sink *chosen,
                           struct tt_fault *fault)
{
    const char *to = tt_setting_text(settings, TT_OPT_TO);
    if (to != NULL && strncmp(to, "file:", 5) == 0 && to[5] != '\0')
        return choose_file(settings, to + 5, chosen, fault);
    return tt_fault_set(fault, TT_ERR_INVALID,
                        "upload: expected --to file:DIR; see tasktrail upload --help");
}

void tt_sink_close(struct tt_chosen_sink *chosen)
{
    if (chosen->done != NULL)
        chosen->done(&chosen->sink);
    *chosen = (struct tt_chosen_sink){0};
}
