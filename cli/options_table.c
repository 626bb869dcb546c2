/* The table itself. Columns: see struct tt_option. */
#include "cli/options.h"

#include "core/base/limits.h"
#include "core/base/time.h"
#include "replay/shard.h"

#define C(name) (UINT32_C(1) << TT_COMMAND_##name)
#define EVERY   (C(COUNT) - 1)
#define READERS (C(CHECK) | C(EMIT) | C(LIFECYCLE))
#define JUDGES  (C(CHECK) | C(REPLAY) | C(REPORT))
#define QUEUES  (C(EMIT) | C(WORKER) | C(STATUS) | C(DEAD) | C(REPAIR))
#define ASKERS  (C(REPLAY) | C(REPORT))             /* of idle workers */
#define STATES  (C(REPLAY) | C(REPORT) | C(REPAIR)) /* those that know what should be stored */
#define PASSES  (JUDGES | C(LIFECYCLE))
#define CLOUD   (C(UPLOAD) | C(REPLAY))
#define HOUR_US INT64_C(3600000000)

const struct tt_command_info tt_commands[TT_COMMAND_COUNT] = {
    [TT_COMMAND_CHECK] = {"check", "[options] FILE...",
                          "check events in files, no server needed (- is stdin)"},
    [TT_COMMAND_EMIT] = {"emit", "[options] [FILE...]", "put events on the queue"},
    [TT_COMMAND_WORKER] = {"worker", "[options]", "take events off the queue, write audit rows"},
    [TT_COMMAND_REPLAY] = {"replay", "[options] TASK_ID", "replay one task from the store"},
    [TT_COMMAND_REPORT] = {"report", "[options] | --merge [options] FILE...",
                           "replay every task of the store: the discrepancy report"},
    [TT_COMMAND_REPAIR] = {"repair", "[options] TASK_ID...",
                           "set the stored state of tasks to what replaying gives (- is stdin)"},
    [TT_COMMAND_UPLOAD] = {"upload", "[options]",
                           "checked rows to BigQuery or files, exactly once"},
    [TT_COMMAND_STATUS] = {"status", "[options]",
                           "the fleet at a glance: backlog, workers, locks, dead letters"},
    [TT_COMMAND_DEAD] = {"dead", "list|show|requeue|drop [options] [ID...]",
                         "the dead letters: what could never be applied"},
    [TT_COMMAND_LIFECYCLE] = {"lifecycle", "infer [options] FILE... | show [options] FILE",
                              "infer: a lifecycle file from history; show: one as text or graph"},
    [TT_COMMAND_EXPLAIN] = {"explain", "[KIND...]",
                            "what a kind of discrepancy means and what to do"},
    [TT_COMMAND_COST] = {"cost", "[options]",
                         "what it costs to have the rows in BigQuery, by each way there"},
    [TT_COMMAND_SQL] = {"sql", "check [options]",
                        "check: the query that finds late, illegal and double rows in BigQuery"},
    [TT_COMMAND_DEMO] = {"demo", "[options] [DPKG-LOG...]",
                         "all of it on this machine, with a private Redis and SQLite"},
};

const struct tt_option tt_options[TT_OPT_COUNT] = {
    [TT_OPT_CONFIG] = {"config", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, EVERY,
                       "settings as a JSON object; flags and environment win"},
    [TT_OPT_LOG_LEVEL] = {"log-level", 0, TT_OPTION_CHOICE, "LEVEL", "info",
                          "error|warning|info|debug", 0, 0, EVERY, "how much to tell on stderr"},
    [TT_OPT_LOG_FORMAT] = {"log-format", 0, TT_OPTION_CHOICE, "FORMAT", "text", "text|json", 0, 0,
                           EVERY, "how to tell it"},
    [TT_OPT_HELP] = {"help", 'h', TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, EVERY,
                     "print this and exit"},
    [TT_OPT_VERSION] = {"version", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, EVERY,
                        "print the version and exit"},
    [TT_OPT_QUIET] = {"quiet", 'q', TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, EVERY,
                      "no progress bar, warnings and errors alone"},
    [TT_OPT_REDIS] =
        {"redis", 0, TT_OPTION_TEXT, "URL", "redis://127.0.0.1:6379", NULL, 0, 0, QUEUES | ASKERS,
         "redis://[user@]host:port[/db], redis://host:port,host:port,... of a cluster, "
         "or unix:///path; the password comes from TASKTRAIL_REDIS_PASSWORD, or the file "
         "TASKTRAIL_REDIS_PASSWORD_FILE names"},
    [TT_OPT_PREFIX] = {"prefix", 0, TT_OPTION_TEXT, "TEXT", "tasktrail", NULL, 0, 0,
                       QUEUES | ASKERS, "what every Redis key begins with"},
    [TT_OPT_PARTITIONS] = {"partitions", 0, TT_OPTION_INT, "N", NULL, NULL, 1, TT_PARTITIONS_MAX,
                           C(EMIT) | C(WORKER),
                           "partitions of a new queue (64); of one that exists no other number"},
    [TT_OPT_STORE] =
        {"store", 0, TT_OPTION_TEXT, "URL", "sqlite:tasktrail.db", NULL, 0, 0,
         C(WORKER) | STATES | C(UPLOAD) | C(COST),
         "sqlite:PATH or postgresql://[user@]host[:port]/database; the password comes "
         "from TASKTRAIL_STORE_PASSWORD, the file TASKTRAIL_STORE_PASSWORD_FILE names, "
         "PGPASSWORD or ~/.pgpass"},
    [TT_OPT_LIFECYCLE] = {"lifecycle", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0,
                          JUDGES | C(REPAIR) | C(UPLOAD) | C(DEMO) | C(SQL),
                          "statuses and steps that are allowed (JSON)"},
    [TT_OPT_FORMAT] = {"format", 'f', TT_OPTION_CHOICE, "FORMAT", "text",
                       "text|json|ndjson|csv|html", 0, 0, JUDGES | C(REPAIR),
                       "form of the report; repair: text or json"},
    [TT_OPT_OUTPUT] = {"output", 'o', TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, PASSES | C(DEMO),
                       "write here instead of stdout, whole or not at all"},
    [TT_OPT_TIES] = {"ties", 0, TT_OPTION_CHOICE, "RULE", "lifecycle", "lifecycle|arrival", 0, 0,
                     JUDGES | C(REPAIR) | C(UPLOAD), "how to order events of equal time"},
    [TT_OPT_NOW] = {"now", 0, TT_OPTION_TIME, "TIME", NULL, NULL, 0, 0, JUDGES,
                    "report tasks stuck at this time (RFC 3339)"},
    [TT_OPT_MAX_FUTURE] = {"max-future", 0, TT_OPTION_DURATION, "DURATION", "60s", NULL, 0,
                           INT64_MAX, JUDGES | C(UPLOAD),
                           "how far event_time may be ahead of received_at"},
    [TT_OPT_FAIL_ON] = {"fail-on", 0, TT_OPTION_CHOICE, "LEVEL", "error",
                        "error|warning|info|never", 0, 0, JUDGES,
                        "exit with 1 when something this bad is found"},
    [TT_OPT_REJECTS] = {"rejects", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, READERS,
                        "keep rejected lines here, with place and reason (NDJSON)"},
    [TT_OPT_STRICT] = {"strict", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, READERS,
                       "a rejected line is trouble (exit status 3)"},
    [TT_OPT_INPUT] = {"input", 0, TT_OPTION_CHOICE, "FORMAT", "native",
                      "native|csv|cloudevents|osdu|log|dpkg", 0, 0, READERS, "format of the input"},
    [TT_OPT_MAP] = {"map", 0, TT_OPTION_LIST, "FIELD=COLUMN", NULL, NULL, 0, 0, READERS,
                    "csv: which column is which field; again, or with commas, for more"},
    [TT_OPT_DELIMITER] = {"delimiter", 0, TT_OPTION_TEXT, "CHAR", NULL, NULL, 0, 0, READERS,
                          "csv: what stands between cells: one character, or tab (a comma)"},
    [TT_OPT_ZONE] =
        {"zone", 0, TT_OPTION_TEXT, "ZONE", NULL, NULL, 0, 0, READERS | C(DEMO),
         "time zone of a dpkg log (this machine's), of CSV times without one: UTC, +02:00"},
    [TT_OPT_MAX_LINE] = {"max-line", 0, TT_OPTION_SIZE, "SIZE", "1M", NULL, 64, TT_LINE_BYTES_MAX,
                         READERS, "longest line accepted"},
    [TT_OPT_MAX_DEPTH] = {"max-depth", 0, TT_OPTION_INT, "N", "64", NULL, 1,
                          TT_EVENT_DEPTH_GIVEN_MAX, READERS, "deepest nesting accepted"},
    [TT_OPT_TASK] = {"task", 0, TT_OPTION_TEXT, "ID", NULL, NULL, 0, 0, C(CHECK),
                     "show this one task in full"},
    [TT_OPT_TENANT] = {"tenant", 0, TT_OPTION_TEXT, "NAME", "default", NULL, 0, 0,
                       C(CHECK) | C(REPLAY) | C(REPAIR), "tenant of the task"},
    [TT_OPT_THREADS] = {"threads", 0, TT_OPTION_INT, "N", NULL, NULL, 1, 256, PASSES | C(REPAIR),
                        "threads to use (one per core)"},
    [TT_OPT_MEMORY] =
        {"memory", 0, TT_OPTION_SIZE, "SIZE", NULL, NULL, 1 << 20, INT64_MAX, PASSES | C(REPAIR),
         "memory for events (half of what there is); what does not fit goes to temporary files"},
    [TT_OPT_TEMP_DIR] = {"temp-dir", 0, TT_OPTION_TEXT, "DIR", NULL, NULL, 0, 0, PASSES | C(REPAIR),
                         "where temporary files go (TMPDIR, else /tmp)"},
    [TT_OPT_APPLY_ORDER] = {"apply-order", 0, TT_OPTION_CHOICE, "ORDER", "event_time",
                            "event_time|arrival", 0, 0, C(WORKER) | STATES,
                            "which event the current state follows"},
    [TT_OPT_TENANTS] = {"tenants", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0,
                        C(WORKER) | C(CHECK) | STATES | C(UPLOAD),
                        "for each tenant: types and tasks to audit, order, lifecycle, what becomes "
                        "of a task with a dead letter"},
    [TT_OPT_BATCH] = {"batch", 0, TT_OPTION_INT, "N", "5000", NULL, 1, TT_BATCH_EVENTS_MAX,
                      C(EMIT) | C(WORKER), "events a transaction, or a round trip"},
    [TT_OPT_NAME] = {"name", 0, TT_OPTION_TEXT, "NAME", NULL, NULL, 0, 0, C(WORKER) | C(REPAIR),
                     "this worker's name (host and process id)"},
    [TT_OPT_LEASE] = {"lease", 0, TT_OPTION_DURATION, "DURATION", "10s", NULL, 100 * 1000,
                      24 * HOUR_US, C(WORKER) | C(REPAIR),
                      "how long a lock outlives a dead worker"},
    [TT_OPT_LOCKING] = {"locking", 0, TT_OPTION_CHOICE, "HOW", "id", "id|none", 0, 0, C(WORKER),
                        "none shows what goes wrong without turns"},
    [TT_OPT_SYNC] = {"sync", 0, TT_OPTION_CHOICE, "HOW", "full", "full|normal", 0, 0, C(WORKER),
                     "full: a commit is on disk before its entries are acknowledged; normal: a "
                     "power failure may undo the last ones"},
    [TT_OPT_UNTIL_IDLE] = {"until-idle", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(WORKER),
                           "stop when nothing is left to do"},
    [TT_OPT_DRAIN] = {"drain", 0, TT_OPTION_DURATION, "DURATION", "30s", NULL, 0, 24 * HOUR_US,
                      C(WORKER), "how long to finish the work in hand when asked to stop"},
    [TT_OPT_TO] = {"to", 0, TT_OPTION_TEXT, "SINK", NULL, NULL, 0, 0, C(UPLOAD),
                   "bigquery:PROJECT.DATASET; file:DIR: a file for each batch, and the "
                   "tables' schemas"},
    [TT_OPT_ONCE] = {"once", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(UPLOAD),
                     "upload what is there now, then end; else go on until stopped"},
    [TT_OPT_INIT] = {"init", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(UPLOAD),
                     "make tables and views, then end"},
    [TT_OPT_DRY_RUN] =
        {"dry-run", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(UPLOAD),
         "make the rows, tell how many, how many bytes and what they cost; upload nothing"},
    [TT_OPT_RELEASE] = {"release", 0, TT_OPTION_TEXT, "TASK_ID", NULL, NULL, 0, 0, C(UPLOAD),
                        "held rows of this task, or of all, are uploaded as they are"},
    [TT_OPT_REPLAN] = {"replan", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(UPLOAD),
                       "batches blocked as rules have changed are made anew with those of now"},
    [TT_OPT_ON_DISCREPANCY] = {"on-discrepancy", 0, TT_OPTION_CHOICE, "HOW", "flag", "flag|hold", 0,
                               0, C(UPLOAD),
                               "flag: upload all rows; hold: rows of tasks with errors wait"},
    [TT_OPT_SPOOL] = {"spool", 0, TT_OPTION_TEXT, "DIR", NULL, NULL, 0, 0, C(UPLOAD),
                      "where rows wait until they are uploaded (beside the SQLite file, else in "
                      "TMPDIR)"},
    [TT_OPT_BATCH_ROWS] = {"batch-rows", 0, TT_OPTION_INT, "N", "500000", NULL, 1,
                           TT_UPLOAD_ROWS_MAX, C(UPLOAD), "most rows in one batch"},
    [TT_OPT_MIN_INTERVAL] = {"min-interval", 0, TT_OPTION_DURATION, "DURATION", "60s", NULL, 0,
                             24 * HOUR_US, C(UPLOAD),
                             "shortest time between two loads of a table, where loads are counted"},
    [TT_OPT_MAX_WAIT] = {"max-wait", 0, TT_OPTION_DURATION, "DURATION", "5m", NULL, 0, 24 * HOUR_US,
                         C(UPLOAD), "how long new rows wait for a batch to fill"},
    [TT_OPT_LOADS_PER_DAY] = {"loads-per-day", 0, TT_OPTION_INT, "N", NULL, NULL, 1, 1000000,
                              C(UPLOAD), "loads of a table in 24 hours (what the sink allows)"},
    [TT_OPT_FILES] = {"files", 0, TT_OPTION_CHOICE, "FORM", "ndjson", "ndjson|csv", 0, 0, C(UPLOAD),
                      "form of the files of file:DIR"},
    [TT_OPT_KEEP] = {"keep", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(DEMO),
                     "keep the folder with the database and logs"},
    [TT_OPT_ALL] = {"all", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(DEAD),
                    "requeue or drop every letter"},
    [TT_OPT_LIMIT] = {"limit", 0, TT_OPTION_INT, "N", "100", NULL, 1, INT64_MAX, C(DEAD),
                      "how many letters to list"},
    [TT_OPT_JSON] = {"json", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0,
                     C(STATUS) | C(DEAD) | C(COST), "as JSON, one object a line"},
    [TT_OPT_WATCH] = {"watch", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(STATUS),
                      "look again and again, until interrupted"},
    [TT_OPT_EVERY] = {"every", 0, TT_OPTION_DURATION, "DURATION", "2s", NULL, 100 * 1000, HOUR_US,
                      C(STATUS), "how often to look with --watch"},
    [TT_OPT_STALLED] = {"stalled", 0, TT_OPTION_DURATION, "DURATION", "30s", NULL, 1000,
                        24 * HOUR_US, C(STATUS), "pending for this long is stalled"},
    [TT_OPT_MIN_SHARE] = {"min-share", 0, TT_OPTION_SHARE, "SHARE", "1%", NULL, 0, 500000,
                          C(LIFECYCLE), "infer: rarer steps are left out and asked about"},
    [TT_OPT_TYPES] = {"types", 0, TT_OPTION_CHOICE, "HOW", "each", "each|merged", 0, 0,
                      C(LIFECYCLE), "infer: a lifecycle for each task type, or one for all"},
    [TT_OPT_GRAPHVIZ] = {"graphviz", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(LIFECYCLE),
                         "show: a graph in the DOT language"},
    [TT_OPT_PLAN] = {"plan", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(REPAIR),
                     "show what would change, and change nothing"},
    [TT_OPT_ALL_MISMATCHED] = {"all-mismatched", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0,
                               C(REPAIR),
                               "every task of which report says state_mismatch or "
                               "interval_mismatch"},
    [TT_OPT_WAIT] = {"wait", 0, TT_OPTION_DURATION, "DURATION", "10s", NULL, 0, HOUR_US, C(REPAIR),
                     "how long to wait for a task that a worker holds"},
    [TT_OPT_ON_DEAD] = {"on-dead", 0, TT_OPTION_CHOICE, "HOW", "continue", "continue|park", 0, 0,
                        C(WORKER),
                        "what becomes of a task that has a dead letter: its later events go on, or "
                        "wait until the letter is requeued or dropped"},
    [TT_OPT_EVENTS_PER_DAY] = {"events-per-day", 0, TT_OPTION_INT, "N", NULL, NULL, 1, INT64_MAX,
                               C(COST), "rows a day (a million, or measured in --store)"},
    [TT_OPT_BYTES] = {"bytes", 0, TT_OPTION_SIZE, "SIZE", NULL, NULL, 1, 1 << 30, C(COST),
                      "bytes of a row (300, or measured in --store)"},
    [TT_OPT_PRICES] = {"prices", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, C(COST) | C(UPLOAD),
                       "list prices (JSON; those of fixtures/prices.json are built in)"},
    [TT_OPT_FREE_TIER] = {"free-tier", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(COST),
                          "take off what is free each month"},
    [TT_OPT_RETENTION] = {"retention", 0, TT_OPTION_DURATION, "DURATION", "365d", NULL,
                          24 * HOUR_US, 36500 * 24 * HOUR_US, C(COST), "how long rows are kept"},
    [TT_OPT_PER_REQUEST] = {"per-request", 0, TT_OPTION_INT, "N", "1", NULL, 1, 1000, C(COST),
                            "pubsub: messages a request; those of one share a task"},
    [TT_OPT_VIA] = {"via", 0, TT_OPTION_CHOICE, "WAY", "load", "load|write|insertall|pubsub", 0, 0,
                    C(UPLOAD), "bigquery: how rows get there"},
    [TT_OPT_PUBSUB_REGION] = {"pubsub-region", 0, TT_OPTION_TEXT, "REGION", NULL, NULL, 0, 0,
                              C(UPLOAD), "pubsub: publish there; order holds within one region"},
    [TT_OPT_PUBSUB_PREFIX] = {"pubsub-prefix", 0, TT_OPTION_TEXT, "TEXT", "tasktrail", NULL, 0, 0,
                              C(UPLOAD), "pubsub: what topics and subscriptions begin with"},
    [TT_OPT_DIALECT] = {"dialect", 0, TT_OPTION_CHOICE, "SQL", "bigquery", "bigquery|sqlite", 0, 0,
                        C(SQL), "whose SQL to write"},
    [TT_OPT_TABLE] = {"table", 0, TT_OPTION_TEXT, "NAME", NULL, NULL, 0, 0, C(SQL),
                      "the table, as project.dataset.table (task_status_audit)"},
    [TT_OPT_FROM] = {"from", 0, TT_OPTION_TEXT, "PLACE", NULL, NULL, 0, 0, C(REPLAY),
                     "bigquery:PROJECT.DATASET: replay what was uploaded there, not the store"},
    [TT_OPT_VERIFY] = {"verify", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(UPLOAD),
                       "compare what is there with the store, batch by batch, then end"},
    [TT_OPT_LOCATION] = {"location", 0, TT_OPTION_TEXT, "PLACE", NULL, NULL, 0, 0, CLOUD,
                         "where the data set is, or is to be made: EU, us-east1 (where it is; US)"},
    [TT_OPT_JOB_PROJECT] = {"job-project", 0, TT_OPTION_TEXT, "PROJECT", NULL, NULL, 0, 0, CLOUD,
                            "project whose quota jobs and queries use (the data set's)"},
    [TT_OPT_ENDPOINT] = {"endpoint", 0, TT_OPTION_TEXT, "URL", NULL, NULL, 0, 0, CLOUD,
                         "another address of BigQuery (BIGQUERY_EMULATOR_HOST, else Google's)"},
    [TT_OPT_INSECURE_ENDPOINT] = {"insecure-endpoint", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0,
                                  CLOUD, "an http:// address may be on another machine"},
    [TT_OPT_CA_FILE] = {"ca-file", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, CLOUD,
                        "certificates to trust (PEM) in place of the system's"},
    [TT_OPT_FLEET] = {"fleet", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(REPORT),
                      "have idle workers make it, each a share of the tasks, from their store"},
    [TT_OPT_SHARDS] = {"shards", 0, TT_OPTION_INT, "N", NULL, NULL, 1, TT_SHARDS_MAX, C(REPORT),
                       "with --fleet: how many shares (as many as workers are alive)"},
    [TT_OPT_TIMEOUT] = {"timeout", 0, TT_OPTION_DURATION, "DURATION", "10m", NULL, 1000,
                        24 * HOUR_US, ASKERS, "with --fleet and --remote: how long to wait"},
    [TT_OPT_REMOTE] = {"remote", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(REPLAY),
                       "have an idle worker replay it from its store"},
    [TT_OPT_SHARD] = {"shard", 0, TT_OPTION_TEXT, "I/N", NULL, NULL, 0, 0, C(REPORT),
                      "only the tasks of share I, from 1, of N"},
    [TT_OPT_PART] = {"part", 0, TT_OPTION_TEXT, "FILE", NULL, NULL, 0, 0, C(REPORT),
                     "write the share here in a form that --merge puts together, no report"},
    [TT_OPT_MERGE] = {"merge", 0, TT_OPTION_FLAG, NULL, NULL, NULL, 0, 0, C(REPORT),
                      "no store: the report of all shares, whose --part files are the arguments"},
};

static const struct {
    enum tt_command command;
    enum tt_option_id id;
    const char *argument, *help;
} own_words[] = {
    {TT_COMMAND_REPAIR, TT_OPT_NAME, "NAME", "the name it holds tasks under (repair-PID)"},
    {TT_COMMAND_COST, TT_OPT_JSON, NULL, "as one JSON object"},
    {TT_COMMAND_DEMO, TT_OPT_OUTPUT, "DIR",
     "folder for the results (tasktrail-demo in TMPDIR, else in /tmp)"},
    {TT_COMMAND_DEMO, TT_OPT_LIFECYCLE, "FILE",
     "statuses and steps that are allowed, JSON (those of dpkg)"},
    {TT_COMMAND_DEMO, TT_OPT_ZONE, "ZONE",
     "time zone of the log (this machine's): UTC, Europe/Berlin, +02:00"},
};

struct tt_option tt_option_of(enum tt_command command, enum tt_option_id id)
{
    struct tt_option option = tt_options[id];
    for (size_t i = 0; i < sizeof own_words / sizeof *own_words; i++)
        if (own_words[i].command == command && own_words[i].id == id) {
            option.argument = own_words[i].argument;
            option.help = own_words[i].help;
        }
    return option;
}
