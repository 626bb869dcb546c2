/* Findings as bytes: one description for both directions. */
#include "replay/shard_parts.h"

static void io_step(struct tt_shard_io *io, struct tt_finding *f)
{
    bool has = f->step.missing != NULL;
    tt_io_name(io, &f->step.previous_status);
    tt_io_u64(io, &f->step.previous_arrival);
    tt_io_flag(io, &has);
    if (!has)
        return;
    tt_io_count(io, &f->step.missing_count);
    /* An empty list is not the same as none. */
    struct tt_str *list =
        tt_io_list(io, f->step.missing, f->step.missing_count + tt_io_reads(io), sizeof *list);
    for (size_t i = 0; list != NULL && i < f->step.missing_count; i++)
        tt_io_name(io, &list[i]);
    f->step.missing = list;
}

static void io_stays(struct tt_shard_io *io, const struct tt_interval **stays, size_t *count)
{
    tt_io_count(io, count);
    struct tt_interval *list = tt_io_list(io, *stays, *count, sizeof *list);
    for (size_t i = 0; list != NULL && i < *count; i++) {
        tt_io_i64(io, &list[i].valid_from_us);
        tt_io_i64(io, &list[i].valid_to_us);
        tt_io_name(io, &list[i].status);
        tt_io_name(io, &list[i].stage);
    }
    *stays = list;
}

static void io_ambiguous(struct tt_shard_io *io, struct tt_finding *f)
{
    tt_io_count(io, &f->ambiguous_order.count);
    uint64_t *list =
        tt_io_list(io, f->ambiguous_order.arrivals, f->ambiguous_order.count, sizeof *list);
    for (size_t i = 0; list != NULL && i < f->ambiguous_order.count; i++)
        tt_io_u64(io, &list[i]);
    f->ambiguous_order.arrivals = list;
    tt_io_flag(io, &f->ambiguous_order.by_lifecycle);
}

static void io_evidence(struct tt_shard_io *io, struct tt_finding *f)
{
    switch (f->kind) {
    case TT_KIND_LATE_ARRIVAL:
        tt_io_i64(io, &f->late_arrival.lateness_us);
        tt_io_u64(io, &f->late_arrival.overtaken_by);
        tt_io_u64(io, &f->late_arrival.behind_arrival);
        break;
    case TT_KIND_DUPLICATE:
    case TT_KIND_CONFLICTING_DUPLICATE:
        tt_io_u64(io, &f->duplicate.of_arrival);
        tt_io_name(io, &f->duplicate.of_status);
        tt_io_i64(io, &f->duplicate.of_event_time_us);
        break;
    case TT_KIND_AMBIGUOUS_ORDER: io_ambiguous(io, f); break;
    case TT_KIND_MISSING_INITIAL:
    case TT_KIND_SKIPPED_STATUS:
    case TT_KIND_AFTER_TERMINAL:
    case TT_KIND_ILLEGAL_TRANSITION:
    case TT_KIND_REPEATED_STATUS: io_step(io, f); break;
    case TT_KIND_LOST_UPDATE:
        tt_io_name(io, &f->lost_update.arrival_final_status);
        tt_io_u64(io, &f->lost_update.arrival_final_arrival);
        break;
    case TT_KIND_CLOCK_SUSPECT: tt_io_u64(io, &f->clock_suspect.time_violations); break;
    case TT_KIND_SEQUENCE_GAP:
        tt_io_name(io, &f->sequence_gap.source);
        tt_io_i64(io, &f->sequence_gap.first_missing);
        tt_io_i64(io, &f->sequence_gap.last_missing);
        break;
    case TT_KIND_SEQUENCE_DISORDER:
        tt_io_name(io, &f->sequence_disorder.source);
        tt_io_i64(io, &f->sequence_disorder.seq);
        tt_io_i64(io, &f->sequence_disorder.previous_seq);
        break;
    case TT_KIND_FUTURE_TIMESTAMP: tt_io_i64(io, &f->future_timestamp.ahead_us); break;
    case TT_KIND_STUCK:
        tt_io_i64(io, &f->stuck.age_us);
        tt_io_i64(io, &f->stuck.max_age_us);
        break;
    case TT_KIND_STATE_MISMATCH:
        tt_io_name(io, &f->state_mismatch.stored_status);
        tt_io_i64(io, &f->state_mismatch.stored_event_time_us);
        break;
    case TT_KIND_INTERVAL_MISMATCH:
        io_stays(io, &f->interval_mismatch.stored, &f->interval_mismatch.stored_count);
        io_stays(io, &f->interval_mismatch.replayed, &f->interval_mismatch.replayed_count);
        break;
    case TT_KIND_APPLY_DISORDER: tt_io_u64(io, &f->apply_disorder.applied_before_arrival); break;
    case TT_KIND_UNKNOWN_STATUS:
    case TT_KIND_COUNT: break;
    }
}

void tt_shard_io_finding(struct tt_shard_io *io, struct tt_finding *finding)
{
    unsigned kind = finding->kind;
    tt_io_small(io, &kind, TT_KIND_COUNT - 1);
    finding->kind = (enum tt_kind)kind;
    tt_io_u64(io, &finding->arrival);
    tt_io_i64(io, &finding->event_time_us);
    tt_io_text(io, &finding->event_id);
    tt_io_name(io, &finding->status);
    io_evidence(io, finding);
    if (io->err == TT_OK && finding->status.ptr == NULL)
        io->err = TT_ERR_CORRUPT;
}
