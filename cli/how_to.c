#include "cli/how_to.h"

#include "reports/words.h"

enum { FILES_MAX = 4, BYTES_MAX = 64 * 1024 };

/* What the other command is given as well: what is judged, not how it is shown; and where it is
 * found, which is Redis where idle workers were asked, else the store. */
static bool is_repeated(enum tt_option_id id, enum tt_command command, bool fleet)
{
    static const enum tt_option_id own[] = {
        TT_OPT_FORMAT,    TT_OPT_OUTPUT,     TT_OPT_TASK,    TT_OPT_TENANT, TT_OPT_QUIET,
        TT_OPT_LOG_LEVEL, TT_OPT_LOG_FORMAT, TT_OPT_FAIL_ON, TT_OPT_STRICT, TT_OPT_REJECTS,
        TT_OPT_THREADS,   TT_OPT_MEMORY,     TT_OPT_FLEET,   TT_OPT_SHARDS, TT_OPT_TIMEOUT,
        TT_OPT_REMOTE,    TT_OPT_SHARD,      TT_OPT_PART,    TT_OPT_MERGE,
    };
    if ((id == TT_OPT_REDIS || id == TT_OPT_PREFIX) && !fleet)
        return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i] == id)
            return false;
    return (tt_options[id].commands >> command & 1) != 0;
}

static bool is_flag(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].text != NULL && settings->values[id].from[0] == '-';
}

/* Idle workers were asked, and no store was named that could be asked as well. */
static bool only_fleet(const struct tt_settings *settings)
{
    return settings->command == TT_COMMAND_REPORT && tt_setting_on(settings, TT_OPT_FLEET) &&
           !is_flag(settings, TT_OPT_STORE);
}

static bool only_shares(const struct tt_settings *settings)
{
    return settings->command == TT_COMMAND_REPORT && tt_setting_on(settings, TT_OPT_MERGE) &&
           !is_flag(settings, TT_OPT_STORE);
}

static void add_command(struct tt_buf *buf, const struct tt_settings *settings,
                        enum tt_command command)
{
    bool fleet = only_fleet(settings), merged = only_shares(settings);
    bool replays = command == TT_COMMAND_REPLAY;
    tt_buf_addf(buf, "tasktrail %s", tt_commands[command].name);
    if (fleet)
        tt_buf_add_text(buf, replays ? " --remote" : " --fleet");
    if (merged)
        tt_buf_add_text(buf, replays ? " --store URL" : " --merge");
    for (int i = 0; i < TT_OPT_COUNT; i++) {
        enum tt_option_id id = (enum tt_option_id)i;
        if (!is_flag(settings, id) || !is_repeated(id, command, fleet))
            continue;
        tt_buf_addf(buf, " --%s", tt_options[id].name);
        if (tt_options[id].type == TT_OPTION_FLAG)
            continue;
        tt_buf_add_char(buf, ' ');
        tt_words_add_quoted(buf, tt_str_from(settings->values[id].text));
    }
}

static void add_files(struct tt_buf *buf, const struct tt_settings *settings)
{
    for (size_t i = 0; i < settings->argument_count && i < FILES_MAX; i++) {
        tt_buf_add_char(buf, ' ');
        tt_words_add_quoted(buf, tt_str_from(settings->arguments[i]));
    }
    if (settings->argument_count > FILES_MAX)
        tt_buf_add_text(buf, " ...");
}

enum tt_err tt_how_to_make(struct tt_how_to *how_to, const struct tt_settings *settings,
                           struct tt_fault *fault)
{
    uint64_t failures = tt_buf_failures();
    bool files = settings->command == TT_COMMAND_CHECK;
    *how_to = (struct tt_how_to){.show_flag = files ? "--task" : NULL};
    tt_buf_init(&how_to->list, BYTES_MAX);
    tt_buf_init(&how_to->show, BYTES_MAX);
    tt_buf_init(&how_to->show_rest, BYTES_MAX);
    add_command(&how_to->list, settings, files ? TT_COMMAND_CHECK : TT_COMMAND_REPORT);
    tt_buf_add_text(&how_to->list, " --format ndjson");
    add_command(&how_to->show, settings, files ? TT_COMMAND_CHECK : TT_COMMAND_REPLAY);
    if (files || only_shares(settings))
        add_files(&how_to->list, settings);
    if (files)
        add_files(&how_to->show_rest, settings);
    return tt_buf_failures() == failures
               ? TT_OK
               : tt_fault_set(fault, TT_ERR_NO_MEMORY, "report: out of memory");
}

void tt_how_to_done(struct tt_how_to *how_to)
{
    tt_buf_done(&how_to->list);
    tt_buf_done(&how_to->show);
    tt_buf_done(&how_to->show_rest);
}
