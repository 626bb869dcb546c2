#include "cli/commands.h"

int tt_cmd_report(const struct tt_settings *settings)
{
    (void)settings;
    return TT_EXIT_USAGE;
}
