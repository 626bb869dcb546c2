/* Options: one table that feeds the parser, the environment, the configuration file and --help.
 *
 * A value comes from the flag, else from the environment (TASKTRAIL_MAX_LINE for --max-line), else
 * from the --config file (a JSON object with the key "max_line"), else it is the default of the
 * table. Each is checked against the option's type and range whatever it came from.
 */
#ifndef TT_CLI_OPTIONS_H
#define TT_CLI_OPTIONS_H

#include "core/base/err.h"
#include "core/base/str.h"
#include <stddef.h>
#include <stdint.h>

enum tt_command {
    TT_COMMAND_CHECK,
    TT_COMMAND_EMIT,
    TT_COMMAND_WORKER,
    TT_COMMAND_REPLAY,
    TT_COMMAND_REPORT,
    TT_COMMAND_REPAIR,
    TT_COMMAND_UPLOAD,
    TT_COMMAND_STATUS,
    TT_COMMAND_DEAD,
    TT_COMMAND_LIFECYCLE,
    TT_COMMAND_EXPLAIN,
    TT_COMMAND_COST,
    TT_COMMAND_SQL,
    TT_COMMAND_DEMO,
    TT_COMMAND_COUNT,
    TT_COMMAND_NONE = TT_COMMAND_COUNT,
};

enum tt_option_type {
    TT_OPTION_FLAG, /* no argument; u64 is 0 or 1 */
    TT_OPTION_TEXT,
    TT_OPTION_LIST,     /* text; where the flag is given several times, all of it with commas */
    TT_OPTION_CHOICE,   /* one of `values`, separated by '|'; u64 is the index */
    TT_OPTION_INT,      /* u64, min to max */
    TT_OPTION_SIZE,     /* u64 bytes, min to max */
    TT_OPTION_DURATION, /* us, min to max microseconds */
    TT_OPTION_TIME,     /* us */
    TT_OPTION_SHARE,    /* u64 parts in a million, min to max */
};

/* Every option: identifier, position in `tt_options`. */
enum tt_option_id {
    TT_OPT_CONFIG,
    TT_OPT_LOG_LEVEL,
    TT_OPT_LOG_FORMAT,
    TT_OPT_HELP,
    TT_OPT_VERSION,
    TT_OPT_QUIET,
    TT_OPT_REDIS,
    TT_OPT_PREFIX,
    TT_OPT_PARTITIONS,
    TT_OPT_STORE,
    TT_OPT_LIFECYCLE,
    TT_OPT_FORMAT,
    TT_OPT_OUTPUT,
    TT_OPT_TIES,
    TT_OPT_NOW,
    TT_OPT_MAX_FUTURE,
    TT_OPT_FAIL_ON,
    TT_OPT_REJECTS,
    TT_OPT_STRICT,
    TT_OPT_INPUT,
    TT_OPT_MAP,
    TT_OPT_DELIMITER,
    TT_OPT_ZONE,
    TT_OPT_MAX_LINE,
    TT_OPT_MAX_DEPTH,
    TT_OPT_TASK,
    TT_OPT_TENANT,
    TT_OPT_THREADS,
    TT_OPT_MEMORY,
    TT_OPT_TEMP_DIR,
    TT_OPT_APPLY_ORDER,
    TT_OPT_TENANTS,
    TT_OPT_BATCH,
    TT_OPT_NAME,
    TT_OPT_LEASE,
    TT_OPT_LOCKING,
    TT_OPT_SYNC,
    TT_OPT_UNTIL_IDLE,
    TT_OPT_DRAIN,
    TT_OPT_TO,
    TT_OPT_ONCE,
    TT_OPT_INIT,
    TT_OPT_DRY_RUN,
    TT_OPT_RELEASE,
    TT_OPT_REPLAN,
    TT_OPT_ON_DISCREPANCY,
    TT_OPT_SPOOL,
    TT_OPT_BATCH_ROWS,
    TT_OPT_MIN_INTERVAL,
    TT_OPT_MAX_WAIT,
    TT_OPT_LOADS_PER_DAY,
    TT_OPT_FILES,
    TT_OPT_KEEP,
    TT_OPT_ALL,
    TT_OPT_LIMIT,
    TT_OPT_JSON,
    TT_OPT_WATCH,
    TT_OPT_EVERY,
    TT_OPT_STALLED,
    TT_OPT_MIN_SHARE,
    TT_OPT_TYPES,
    TT_OPT_GRAPHVIZ,
    TT_OPT_PLAN,
    TT_OPT_ALL_MISMATCHED,
    TT_OPT_WAIT,
    TT_OPT_ON_DEAD,
    TT_OPT_EVENTS_PER_DAY,
    TT_OPT_BYTES,
    TT_OPT_PRICES,
    TT_OPT_FREE_TIER,
    TT_OPT_RETENTION,
    TT_OPT_PER_REQUEST,
    TT_OPT_VIA,
    TT_OPT_PUBSUB_REGION,
    TT_OPT_PUBSUB_PREFIX,
    TT_OPT_DIALECT,
    TT_OPT_TABLE,
    TT_OPT_FROM,
    TT_OPT_VERIFY,
    TT_OPT_LOCATION,
    TT_OPT_JOB_PROJECT,
    TT_OPT_ENDPOINT,
    TT_OPT_INSECURE_ENDPOINT,
    TT_OPT_CA_FILE,
    TT_OPT_FLEET,
    TT_OPT_SHARDS,
    TT_OPT_TIMEOUT,
    TT_OPT_REMOTE,
    TT_OPT_SHARD,
    TT_OPT_PART,
    TT_OPT_MERGE,
    TT_OPT_COUNT
};

struct tt_option {
    const char *name; /* without the dashes */
    char letter;      /* -o, or 0 */
    enum tt_option_type type;
    const char *argument; /* what --help calls it; NULL for a flag */
    const char *fallback; /* default as text, NULL = none */
    const char *values;   /* of a choice */
    int64_t min, max;     /* of a number */
    uint32_t commands;    /* bit set: 1 << enum tt_command */
    const char *help;
};
extern const struct tt_option tt_options[TT_OPT_COUNT];
/* The option as this command has it: some call its argument, or tell it, in words of their own. */
struct tt_option tt_option_of(enum tt_command command, enum tt_option_id id);

struct tt_value {
    const char
        *text; /* borrowed from argv, the environment or the settings; NULL = not set, no default */
    const char *from; /* "--max-line", "TASKTRAIL_MAX_LINE", a file's path, "default" */
    uint64_t u64;
    int64_t us;
};

struct tt_settings {
    enum tt_command command;
    struct tt_value values[TT_OPT_COUNT];
    const char *const *arguments; /* what is not an option, borrowed from argv */
    size_t argument_count;
    char **owned; /* texts from the configuration file, and joined ones */
    size_t owned_count;
};

/* Reads argv, the environment and the --config file. Errors: INVALID (usage, says what was
 * expected), NOT_FOUND, DENIED, IO (the file), NO_MEMORY. Call tt_settings_done in any case. */
enum tt_err tt_settings_read(struct tt_settings *settings, int argc, char **argv,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_settings_done(struct tt_settings *settings);

const char *tt_setting_text(const struct tt_settings *settings, enum tt_option_id id);
uint64_t tt_setting_u64(const struct tt_settings *settings, enum tt_option_id id);
int64_t tt_setting_us(const struct tt_settings *settings, enum tt_option_id id);
bool tt_setting_on(const struct tt_settings *settings, enum tt_option_id id);
/* Whether somebody set it, or it has a default. */
bool tt_setting_has(const struct tt_settings *settings, enum tt_option_id id);

/* The command line's commands: name, arguments, one line of help. */
struct tt_command_info {
    const char *name, *arguments, *help;
};
extern const struct tt_command_info tt_commands[TT_COMMAND_COUNT];

/* Checks one text against one option and stores it; `from` as in struct tt_value. */
enum tt_err tt_setting_set(struct tt_settings *settings, enum tt_option_id id, const char *text,
                           const char *from, struct tt_fault *fault) TT_MUST_CHECK;
/* Refuses those of the options that were given as flags: they would do nothing here. What stands in
 * the environment or a file may be meant for another run. `expected` ends the message: "goes with
 * --task". Errors: INVALID. */
enum tt_err tt_settings_refuse(const struct tt_settings *settings, const enum tt_option_id *ids,
                               size_t count, const char *expected,
                               struct tt_fault *fault) TT_MUST_CHECK;
/* Takes a text over, until tt_settings_done. Errors: NO_MEMORY: the caller keeps it. */
enum tt_err tt_settings_own(struct tt_settings *settings, char *text) TT_MUST_CHECK;
/* Reads the --config file into the settings that have no value yet. */
enum tt_err tt_settings_read_config(struct tt_settings *settings, const char *path,
                                    struct tt_fault *fault) TT_MUST_CHECK;

/* --help, for one command or for all (TT_COMMAND_NONE), on stdout. */
void tt_help_print(enum tt_command command);

#endif
