#include "cli/commands.h"

int tt_cmd_upload(const struct tt_settings *settings)
{
    (void)settings;
    return TT_EXIT_USAGE;
}
