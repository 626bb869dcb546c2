/* Every bound of the program, named, in one place. Exceeding one is an error that says so; nothing
 * is cut silently. Settable ones name their flag. */
#ifndef TT_BASE_LIMITS_H
#define TT_BASE_LIMITS_H

enum {
    TT_LINE_BYTES_DEFAULT = 1 << 20, /* --max-line: one input line without its end */
    TT_LINE_BYTES_MAX = 1 << 30,     /* largest value of --max-line */
    TT_JSON_DEPTH_DEFAULT = 64,      /* --max-depth: nesting of an event; the event is level 1 */
    TT_JSON_DEPTH_MAX = 1024,        /* of any JSON */
    TT_EVENT_DEPTH_MAX = 1000,       /* of an event that a worker takes: as deep as Redis reads */
    TT_EVENT_DEPTH_GIVEN_MAX = TT_EVENT_DEPTH_MAX - 1, /* largest value of --max-depth: what emit
                                                          puts into attributes is a level deeper */
    TT_CSV_COLUMNS_MAX = 4096,                         /* columns of a CSV file */
    TT_OSDU_MEMORY_BYTES_MAX = 64 << 20, /* what the osdu format remembers: see decode_osdu.c */
    TT_OSDU_WAITING_MAX = 1024, /* events without a record that wait, of a correlation and stage */
    TT_LOG_LOOKS_MAX = 16,      /* how often, on average, a byte of a log line is looked at */
    TT_LIFECYCLE_FILE_BYTES_MAX = 16 << 20,
    TT_TENANTS_FILE_BYTES_MAX = 4 << 20,
    TT_LIFECYCLE_STATUSES_MAX = 1024, /* statuses of one lifecycle */
    TT_STEPS_MAX = 1 << 20,           /* different steps that lifecycle infer counts */
    TT_TIE_FREE_EVENTS_MAX = 8,       /* events of a tie group the lifecycle may order */
    TT_PARTITIONS_DEFAULT = 64,
    TT_PARTITIONS_MAX = 16384,      /* as many as Redis Cluster has slots */
    TT_BATCH_EVENTS_DEFAULT = 5000, /* --batch: events per store transaction */
    TT_BATCH_EVENTS_MAX = 10000,
    TT_TURNS_WAITING_MAX = 4096, /* entries of a partition that wait behind busy ids; then reading
                                    new ones of it pauses */
    TT_REPAIR_STAYS_TOLD_MAX = 1000, /* replaced stays that a repair's audit row tells one by one */
    TT_UPLOAD_ROWS_DEFAULT = 500000, /* --batch-rows: rows of the store in one plan */
    TT_UPLOAD_ROWS_MAX = 10000000,
    TT_UPLOAD_BYTES_MAX = 64 << 20,       /* of one batch, compressed */
    TT_UPLOAD_TASK_BYTES_MAX = 128 << 20, /* rows of one task in one plan, as text */
    TT_UPLOAD_HISTORY_MAX = 200000, /* events of a task that are judged; of a longer one the rows
                                       are uploaded without what the checks say */
    TT_UPLOAD_TASKS_AT_ONCE = 512,  /* whose histories are asked for together */
    TT_UPLOAD_LOADS_PER_DAY = 1500, /* that BigQuery takes for one table */
};

#endif
