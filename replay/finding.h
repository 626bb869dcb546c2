/* Discrepancies: what the checks found, as data. docs/checks.md defines each kind.
 *
 * A finding is about one event of one task. All text and arrays borrow from the report that holds
 * the finding (replay/report.h). Renderers (reports/) turn findings into text, JSON, CSV, HTML.
 */
#ifndef TT_REPLAY_FINDING_H
#define TT_REPLAY_FINDING_H

#include "core/base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tt_severity { TT_SEVERITY_INFO, TT_SEVERITY_WARNING, TT_SEVERITY_ERROR };

/* In alphabetical order of their names: findings are sorted by kind after arrival. */
#define TT_KINDS(X)                                                                                \
    X(AFTER_TERMINAL, after_terminal, ERROR)                                                       \
    X(AMBIGUOUS_ORDER, ambiguous_order, INFO)                                                      \
    X(APPLY_DISORDER, apply_disorder, ERROR)                                                       \
    X(CLOCK_SUSPECT, clock_suspect, WARNING)                                                       \
    X(CONFLICTING_DUPLICATE, conflicting_duplicate, ERROR)                                         \
    X(DUPLICATE, duplicate, INFO)                                                                  \
    X(FUTURE_TIMESTAMP, future_timestamp, WARNING)                                                 \
    X(ILLEGAL_TRANSITION, illegal_transition, ERROR)                                               \
    X(INTERVAL_MISMATCH, interval_mismatch, ERROR)                                                 \
    X(LATE_ARRIVAL, late_arrival, WARNING)                                                         \
    X(LOST_UPDATE, lost_update, ERROR)                                                             \
    X(MISSING_INITIAL, missing_initial, WARNING)                                                   \
    X(REPEATED_STATUS, repeated_status, WARNING)                                                   \
    X(SEQUENCE_DISORDER, sequence_disorder, WARNING)                                               \
    X(SEQUENCE_GAP, sequence_gap, WARNING)                                                         \
    X(SKIPPED_STATUS, skipped_status, WARNING)                                                     \
    X(STATE_MISMATCH, state_mismatch, ERROR)                                                       \
    X(STUCK, stuck, WARNING)                                                                       \
    X(UNKNOWN_STATUS, unknown_status, ERROR)

enum tt_kind {
#define TT_KIND_ENUM(upper, lower, severity) TT_KIND_##upper,
    TT_KINDS(TT_KIND_ENUM)
#undef TT_KIND_ENUM
        TT_KIND_COUNT
};

const char *tt_kind_name(enum tt_kind kind);
enum tt_severity tt_kind_severity(enum tt_kind kind);
const char *tt_severity_name(enum tt_severity severity); /* "error", "warning", "info" */

/* One stay in a status. */
struct tt_interval {
    int64_t valid_from_us;
    int64_t valid_to_us; /* TT_TIME_NONE while current */
    struct tt_str status;
    struct tt_str stage; /* may be absent */
};

struct tt_finding {
    enum tt_kind kind;
    uint32_t task;    /* index into the report's tasks */
    uint64_t arrival; /* 1-based ordinal of the event it is about */
    int64_t event_time_us;
    struct tt_str event_id; /* absent: written as null */
    struct tt_str status;
    union {
        struct {
            int64_t lateness_us;
            uint64_t overtaken_by, behind_arrival;
        } late_arrival;
        struct {
            uint64_t of_arrival;
            struct tt_str of_status;
            int64_t of_event_time_us;
        } duplicate; /* both kinds */
        struct {
            const uint64_t *arrivals;
            size_t count;
            bool by_lifecycle;
        } ambiguous_order;
        /* missing_initial, skipped_status (missing, previous_*); after_terminal,
         * illegal_transition, repeated_status (previous_* alone). missing == NULL: written as null.
         */
        struct {
            struct tt_str previous_status;
            uint64_t previous_arrival;
            const struct tt_str *missing;
            size_t missing_count;
        } step;
        struct {
            struct tt_str arrival_final_status;
            uint64_t arrival_final_arrival;
        } lost_update;
        struct {
            uint64_t time_violations;
        } clock_suspect;
        struct {
            struct tt_str source;
            int64_t first_missing, last_missing;
        } sequence_gap;
        struct {
            struct tt_str source;
            int64_t seq, previous_seq;
        } sequence_disorder;
        struct {
            int64_t ahead_us;
        } future_timestamp;
        struct {
            int64_t age_us, max_age_us;
        } stuck;
        struct {
            struct tt_str stored_status;
            int64_t stored_event_time_us;
        } state_mismatch; /* absent/NONE: no row stored */
        struct {
            const struct tt_interval *stored, *replayed;
            size_t stored_count, replayed_count;
        } interval_mismatch;
        struct {
            uint64_t applied_before_arrival;
        } apply_disorder; /* applied before the event with this arrival, which arrived earlier */
    };
};

#endif
