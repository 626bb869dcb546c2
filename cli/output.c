#include "cli/output.h"

#include "adapters/system/file.h"
#include "cli/commands.h"
#include "cli/how_to.h"
#include "core/base/log.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static enum tt_err write_out(void *context, const char *bytes, size_t len, struct tt_fault *fault)
{
    return tt_file_out_write(context, bytes, len, fault);
}

static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 60)
        return 0;
    return size.ws_col < 160 ? size.ws_col : 160;
}

/* --fail-on: error, warning, info, never. */
static int status_for(const struct tt_settings *settings, uint64_t kinds)
{
    static const enum tt_severity levels[] = {TT_SEVERITY_ERROR, TT_SEVERITY_WARNING,
                                              TT_SEVERITY_INFO};
    uint64_t choice = tt_setting_u64(settings, TT_OPT_FAIL_ON);
    if (choice >= sizeof levels / sizeof *levels)
        return TT_EXIT_CLEAN;
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        if ((kinds >> kind & 1) != 0 && tt_kind_severity((enum tt_kind)kind) >= levels[choice])
            return TT_EXIT_FOUND;
    return TT_EXIT_CLEAN;
}

struct tt_render_options tt_output_options(const struct tt_settings *settings,
                                           const struct tt_how_to *how_to, const char *subject)
{
    const char *path = tt_setting_text(settings, TT_OPT_OUTPUT);
    bool terminal = path == NULL && isatty(STDOUT_FILENO);
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    bool plain =
        (no_colour != NULL && no_colour[0] != '\0') || (term != NULL && strcmp(term, "dumb") == 0);
    return (struct tt_render_options){
        .format = (enum tt_format)tt_setting_u64(settings, TT_OPT_FORMAT),
        .colour = terminal && !plain,
        .width = terminal ? terminal_width() : 0,
        .subject = subject,
        .how_to_list = how_to->list.data,
        .show_task = how_to->show.data,
        .show_task_flag = how_to->show_flag,
        .show_task_rest = how_to->show_rest.data,
    };
}

/* Ends what was written, or takes it away. Who reads `| head` has seen enough: no trouble. */
static int finish(struct tt_file_out *out, enum tt_err err, struct tt_fault *fault, int status)
{
    if (err == TT_OK)
        err = tt_file_out_commit(out, fault);
    else
        tt_file_out_abort(out);
    bool reader_left = err != TT_OK && fault->os_errno == EPIPE;
    return err == TT_OK || reader_left ? status : tt_exit_with(fault);
}

static int render(const struct tt_settings *settings, const struct tt_report *report,
                  const struct tt_task_picture *picture, const struct tt_render_options *options)
{
    struct tt_fault fault = {0};
    struct tt_file_out *out = NULL;
    uint64_t kinds = 0;
    enum tt_err err = tt_file_out_open(tt_setting_text(settings, TT_OPT_OUTPUT), &out, &fault);
    if (err != TT_OK)
        return tt_exit_with(&fault);
    struct tt_output output = {.context = out, .write = write_out};
    err = picture == NULL ? tt_render_report(report, options, &output, &fault)
                          : tt_render_task(picture, options, &output, &fault);
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        kinds |= (uint64_t)(report->summary.kinds[kind] > 0) << kind;
    return finish(out, err, &fault, status_for(settings, kinds));
}

int tt_output_bytes(const struct tt_settings *settings, struct tt_str bytes, uint64_t kinds)
{
    struct tt_fault fault = {0};
    struct tt_file_out *out = NULL;
    enum tt_err err = tt_file_out_open(tt_setting_text(settings, TT_OPT_OUTPUT), &out, &fault);
    if (err != TT_OK)
        return tt_exit_with(&fault);
    err = tt_file_out_write(out, bytes.ptr, bytes.len, &fault);
    return finish(out, err, &fault, status_for(settings, kinds));
}

/* Seconds and milliseconds since 1970, of this century, are times of early 1970 in microseconds:
 * every order stays as it is, and no duration is true. */
static void tell_wrong_unit(const struct tt_summary *summary)
{
    const int64_t seconds_of_1973 = INT64_C(100000000), milliseconds_of_2100 = 4102444800000;
    if (summary->events > 0 && summary->first_event_time_us >= seconds_of_1973 &&
        summary->last_event_time_us < milliseconds_of_2100)
        tt_log(TT_LOG_WARNING, "event_times_of_1970",
               "every event time is of January or February 1970: an integer is microseconds since "
               "then, not seconds or milliseconds");
}

const char *tt_output_which_tenant(const char *tenant)
{
    return strcmp(tenant, "default") == 0 ? "; --tenant names another" : "";
}

int tt_output_report(const struct tt_settings *settings, const struct tt_report *report,
                     const struct tt_task_picture *picture, const char *subject, const char *unread)
{
    struct tt_fault fault = {0};
    struct tt_how_to how_to;
    tell_wrong_unit(&report->summary);
    enum tt_err err = tt_how_to_make(&how_to, settings, &fault);
    struct tt_render_options options = tt_output_options(settings, &how_to, subject);
    options.unread = unread;
    int status = err == TT_OK ? render(settings, report, picture, &options) : tt_exit_with(&fault);
    tt_how_to_done(&how_to);
    return status;
}
