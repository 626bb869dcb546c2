#include "cli/outputs.h"

#include "cli/store_url.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Two names of a file that is not there yet: one folder, and one name in it. */
static bool is_same_place(const char *a, const char *b)
{
    struct stat info[2];
    const char *const paths[2] = {a, b}, *names[2];
    for (int i = 0; i < 2; i++) {
        const char *slash = strrchr(paths[i], '/');
        char folder[PATH_MAX] = ".";
        names[i] = slash == NULL ? paths[i] : slash + 1;
        if (slash != NULL)
            snprintf(folder, sizeof folder, "%.*s/", (int)(slash - paths[i]), paths[i]);
        if (stat(folder, &info[i]) != 0)
            return strcmp(a, b) == 0;
    }
    return strcmp(names[0], names[1]) == 0 && info[0].st_dev == info[1].st_dev &&
           info[0].st_ino == info[1].st_ino;
}

/* Of "-" and of what is no regular file, each output takes what it is given. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat one, two;
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    bool there = stat(a, &one) == 0;
    if (!there || stat(b, &two) != 0)
        return !there && stat(b, &two) != 0 && is_same_place(a, b);
    return S_ISREG(one.st_mode) && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* The file that an option names, where this command has it; NULL: none. */
static const char *file_of(const struct tt_settings *settings, enum tt_option_id id)
{
    const char *text = tt_setting_text(settings, id);
    if (text == NULL || (tt_options[id].commands & (UINT32_C(1) << settings->command)) == 0)
        return NULL;
    return id == TT_OPT_STORE ? tt_store_url_path(text) : text;
}

static enum tt_err spare(const char *flag, const char *written, const char *read,
                         struct tt_fault *fault)
{
    if (written == NULL || read == NULL || !is_same_file(written, read))
        return TT_OK;
    return tt_fault_set(fault, TT_ERR_INVALID,
                        "--%s: %s is a file to be read; expected another file", flag, written);
}

/* The first argument that is a file; all are ids, or kinds, where it is behind the last. */
static size_t first_file(const struct tt_settings *settings)
{
    switch (settings->command) {
    case TT_COMMAND_CHECK:
    case TT_COMMAND_EMIT:
    case TT_COMMAND_REPORT: return 0;
    case TT_COMMAND_LIFECYCLE: return 1;
    default: return settings->argument_count;
    }
}

enum tt_err tt_outputs_spare_inputs(const struct tt_settings *settings, struct tt_fault *fault)
{
    static const enum tt_option_id written[] = {TT_OPT_OUTPUT, TT_OPT_REJECTS, TT_OPT_PART},
                                   read[] = {TT_OPT_LIFECYCLE, TT_OPT_TENANTS, TT_OPT_STORE,
                                             TT_OPT_CONFIG};
    enum tt_err err = TT_OK;
    for (size_t w = 0; w < sizeof written / sizeof *written && err == TT_OK; w++) {
        const char *path = file_of(settings, written[w]), *flag = tt_options[written[w]].name;
        for (size_t i = first_file(settings); i < settings->argument_count && err == TT_OK; i++)
            err = spare(flag, path, settings->arguments[i], fault);
        for (size_t r = 0; r < sizeof read / sizeof *read && err == TT_OK; r++)
            err = spare(flag, path, file_of(settings, read[r]), fault);
    }
    return err;
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
