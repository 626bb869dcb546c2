#include "cli/outputs.h"

#include <string.h>
#include <sys/stat.h>

/* Of "-" and of what is no regular file, each output takes what it is given. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat one, two;
    bool there = stat(a, &one) == 0;
    if (!there || stat(b, &two) != 0)
        return !there && strcmp(a, b) == 0 && strcmp(a, "-") != 0;
    return S_ISREG(one.st_mode) && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

enum tt_err tt_outputs_spare_inputs(const struct tt_settings *settings, struct tt_fault *fault)
{
    const char *const paths[] = {tt_setting_text(settings, TT_OPT_OUTPUT),
                                 tt_setting_text(settings, TT_OPT_REJECTS)};
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < settings->argument_count && paths[p] != NULL; i++)
            if (strcmp(paths[p], "-") != 0 && strcmp(settings->arguments[i], "-") != 0 &&
                is_same_file(paths[p], settings->arguments[i]))
                return tt_fault_set(fault, TT_ERR_INVALID,
                                    "%s: %s is a file to be read; expected another file",
                                    p == 0 ? "--output" : "--rejects", paths[p]);
    return TT_OK;
}

enum tt_err tt_outputs_differ(const struct tt_settings *settings, struct tt_fault *fault)
{
    const char *output = tt_setting_text(settings, TT_OPT_OUTPUT),
               *rejects = tt_setting_text(settings, TT_OPT_REJECTS);
    bool on_stdout = output == NULL || strcmp(output, "-") == 0;
    if (rejects != NULL && (on_stdout ? strcmp(rejects, "-") == 0 : is_same_file(rejects, output)))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--rejects: %s takes what --output writes; expected another file",
                            on_stdout ? "stdout" : rejects);
    return TT_OK;
}
