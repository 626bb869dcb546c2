/* The oracle: a second reading of the checker's rules, written in the most obvious way and slow on
 * purpose. It shares no code with tasktrail, so that where both agree, byte for byte, two people
 * would have to have made the same mistake. It gives up (exit status 3) instead of guessing.
 *
 *   when.c       times and durations
 *   lifecycle.c  lifecycles, shortest paths
 *   read.c       lines to events
 *   timeline.c   the timeline: every order of every free tie group is tried
 *   rules.c      one function for each kind of discrepancy
 *   summary.c    the numbers
 *   main.c       arguments, tasks, output
 */
#ifndef TT_TESTS_ORACLE_H
#define TT_TESTS_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are borrowed from the event's JSON; NULL where the event has none. */
struct event {
    json_t *json; /* owned */
    const char *tenant, *task_id, *status, *event_id, *task_type, *source, *stage;
    int64_t event_time, received_at, seq;
    bool has_received_at, has_seq;
    int64_t arrival;              /* 1-based, over all inputs */
    const struct event *original; /* NULL: this event is an original itself */
};

struct events {
    struct event *list;
    size_t count, room;
    int64_t rejected;
};

enum { STATUSES_MAX = 128 };

struct lifecycle {
    json_t *json; /* borrowed from the file's JSON */
    const char *known[STATUSES_MAX];
    int count;
    bool initial[STATUSES_MAX], terminal[STATUSES_MAX], listed[STATUSES_MAX][STATUSES_MAX];
    int64_t max_age_us[STATUSES_MAX]; /* -1: none */
};

struct options {
    json_t *lifecycle_file;
    struct lifecycle *lifecycles;
    size_t lifecycle_count;
    bool ties_by_lifecycle;
    bool has_now;
    int64_t now, max_future_us;
};

/* One task: its originals in both orders. */
struct task {
    const struct lifecycle *lifecycle; /* NULL: none */
    struct event **all;                /* with duplicates, in arrival order */
    size_t all_count;
    struct event **by_arrival, **timeline; /* originals */
    size_t count;
    size_t arrival_violations, time_violations;
};

/* Prints "oracle: ..." and ends with status 3 (trouble) or 2 (usage). */
_Noreturn void give_up(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *get_memory(size_t count, size_t size);  /* zeroed */
bool same_text(const char *a, const char *b); /* NULL equals NULL alone */

/* when.c */
bool parse_time(const char *text, size_t length, int64_t *us);
bool time_in_range(int64_t us);
void format_time(int64_t us, char out[64]);
bool parse_duration(const char *text, int64_t *us);

/* lifecycle.c */
void read_lifecycles(const char *path, struct options *options);
const struct lifecycle *find_lifecycle(const struct options *options, const char *task_type);
int status_number(const struct lifecycle *lifecycle, const char *status); /* -1: unknown */
bool bad_start(const struct lifecycle *lifecycle, const char *status);
bool bad_step(const struct lifecycle *lifecycle, const char *from, const char *to);
size_t count_violations(const struct lifecycle *lifecycle, struct event **order, size_t count);
/* New arrays of texts, or NULL where there is no path. */
json_t *path_between(const struct lifecycle *lifecycle, const char *from, const char *to);
json_t *path_from_start(const struct lifecycle *lifecycle, const char *to);

/* read.c */
void read_events(const char *path, struct events *events);

/* timeline.c */
enum tie { TIE_BY_SEQ, TIE_ALL_EQUAL, TIE_FREE, TIE_BY_ARRIVAL };
enum tie tie_case(const struct options *options, const struct lifecycle *lifecycle,
                  struct event **group, size_t count);
size_t tie_length(struct event **sorted, size_t count); /* of the run that starts here */
void make_timeline(const struct options *options, struct task *task);

/* rules.c: adds the task's records to the array. */
void check_task(const struct options *options, const struct task *task, json_t *records);

/* summary.c */
struct numbers {
    int64_t *list;
    size_t count, room;
};
void add_number(struct numbers *numbers, int64_t value);
json_t *make_summary(const struct events *events, const struct task *tasks, size_t task_count,
                     const json_t *records);

#endif
