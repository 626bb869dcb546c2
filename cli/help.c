#include "cli/options.h"

#include <stdio.h>

static void print_option(const struct tt_option *option)
{
    char left[64];
    snprintf(left, sizeof left, "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
             option->argument ? " " : "", option->argument ? option->argument : "");
    printf("  %-28s %s", left, option->help);
    if (option->values != NULL)
        printf(": %s", option->values);
    if (option->fallback != NULL)
        printf(" (%s)", option->fallback);
    printf("\n");
}

static void print_options(enum tt_command command)
{
    uint32_t every = (UINT32_C(1) << TT_COMMAND_COUNT) - 1;
    for (int common = 0; common < 2; common++) {
        printf(common ? "\nCommon options:\n" : "Options:\n");
        for (int id = 0; id < TT_OPT_COUNT; id++) {
            const struct tt_option option = tt_option_of(command, (enum tt_option_id)id);
            if ((option.commands == every) == common && (option.commands >> command & 1) != 0)
                print_option(&option);
        }
    }
}

void tt_help_print(enum tt_command command)
{
    if (command == TT_COMMAND_NONE) {
        printf("tasktrail %s: every status a task ever had, in the order it really happened.\n\n"
               "Usage: tasktrail COMMAND [options] ...\n\n",
               TT_VERSION);
        for (int i = 0; i < TT_COMMAND_COUNT; i++)
            printf("  %-10s %s\n", tt_commands[i].name, tt_commands[i].help);
        printf("\ntasktrail COMMAND --help tells more of each. Every option can also stand in the "
               "environment\n"
               "(TASKTRAIL_FAIL_ON=never) or in a --config file ({\"fail_on\": \"never\"}).\n"
               "Exit status: 0 nothing found, 1 something found, 2 wrong usage, 3 trouble.\n");
        return;
    }
    printf("%s: %s\n\nUsage: tasktrail %s %s\n\n", tt_commands[command].name,
           tt_commands[command].help, tt_commands[command].name, tt_commands[command].arguments);
    print_options(command);
}
