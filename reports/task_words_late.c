/* Late events: why each belongs before the one that overtook it, and what would have helped. */
#include "core/base/time.h"
#include "reports/task_words_parts.h"
#include "reports/words.h"

static void add_ordinal(struct tt_buf *buf, uint64_t number)
{
    unsigned tens = (unsigned)(number % 100), ones = (unsigned)(number % 10);
    tt_words_add_count(buf, number);
    tt_buf_add_text(buf, tens >= 11 && tens <= 13 ? "th"
                         : ones == 1              ? "st"
                         : ones == 2              ? "nd"
                         : ones == 3              ? "rd"
                                                  : "th");
}

static void let(struct tt_telling *telling, const struct tt_lane_event *event)
{
    struct tt_buf *buf = &telling->buf;
    tt_telling_add_event(telling, event);
    tt_buf_add_text(buf, " = ");
    tt_telling_add_status(telling, event->status);
    tt_buf_add_text(buf, ", event time ");
    tt_buf_add_time(buf, event->event_time_us);
    tt_buf_add_text(buf, ", arrived ");
    add_ordinal(buf, (uint64_t)event->arrival_rank + 1);
    if (event->source.ptr != NULL && event->source.len > 0) {
        tt_buf_add_text(buf, ", from ");
        tt_words_add(buf, event->source, 40);
    }
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "Let");
}

/* Late events behind one that overtook them. */
struct group {
    const struct tt_lane_event *ahead, *late[TT_TOLD_LIST_MAX];
    int64_t lateness_us[TT_TOLD_LIST_MAX];
    size_t count, more;
};

static void then(struct tt_telling *telling, const struct group *group)
{
    struct tt_buf *buf = &telling->buf;
    const struct tt_lane_event *first = group->late[0], *ahead = group->ahead;
    for (size_t i = 0; i < group->count; i++) {
        tt_buf_add_text(buf, tt_telling_joint(i, group->count));
        tt_telling_add_event(telling, group->late[i]);
    }
    tt_buf_add_text(buf, " happened before ");
    tt_telling_add_event(telling, ahead);
    tt_buf_add_text(buf, group->count == 1 ? ", because its event time is "
                                           : ", because their event times are ");
    for (size_t i = 0; i < group->count; i++) {
        tt_buf_add_text(buf, tt_telling_joint(i, group->count));
        tt_buf_add_duration(buf, group->lateness_us[i]);
    }
    tt_buf_add_text(buf, " earlier");
    if (group->count == 1 && first->has_seq && ahead->has_seq && first->seq < ahead->seq &&
        tt_str_equal(first->source, ahead->source))
        tt_buf_addf(buf, " and its sequence number %lld is below %lld", (long long)first->seq,
                    (long long)ahead->seq);
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "Then");
}

static void however(struct tt_telling *telling, const struct group *group)
{
    struct tt_buf *buf = &telling->buf;
    const struct tt_lane_event *last = group->late[group->count - 1], *ahead = group->ahead;
    bool applied =
        ahead->applied_at_us != TT_TIME_NONE && last->applied_at_us > ahead->applied_at_us;
    for (size_t i = 0; i < group->count; i++)
        applied = applied && group->late[i]->applied_at_us != TT_TIME_NONE &&
                  group->late[i]->applied_at_us >= ahead->applied_at_us;
    tt_telling_add_event(telling, ahead);
    tt_buf_add_text(buf, " arrived first");
    if (applied) {
        tt_buf_add_text(buf, " and was applied first, at ");
        tt_buf_add_time(buf, ahead->applied_at_us);
        tt_buf_add_text(buf, "; ");
        tt_telling_add_event(telling, last);
        tt_buf_add_text(buf, " at ");
        tt_buf_add_time(buf, last->applied_at_us);
    }
    tt_buf_add_char(buf, '.');
    if (group->more > 0)
        tt_buf_addf(buf, " %zu more events are late behind it.", group->more);
    tt_telling_line(telling, "However");
}

/* How long a buffer would have to hold events so that this one comes out in order: since the first
 * to arrive that happened later. Not positive: unknown, or receipt does not explain it. */
static int64_t hold_us(const struct tt_telling *telling, const struct tt_lane_event *late)
{
    const struct tt_lane_event *events = telling->picture->events;
    for (size_t i = 0; i < late->arrival_rank; i++)
        if (!events[i].duplicate && events[i].event_time_us > late->event_time_us)
            return late->received_at_us == TT_TIME_NONE || events[i].received_at_us == TT_TIME_NONE
                       ? 0
                       : late->received_at_us - events[i].received_at_us;
    return 0;
}

static void why(struct tt_telling *telling, const struct group *group)
{
    struct tt_buf *buf = &telling->buf;
    const struct tt_lane_event *late = group->late[0], *ahead = group->ahead;
    int64_t hold = 0;
    for (size_t i = 0; i < group->count; i++) {
        int64_t own = hold_us(telling, group->late[i]);
        hold = own > hold ? own : hold;
    }
    if (late->received_at_us == TT_TIME_NONE || ahead->received_at_us == TT_TIME_NONE)
        return;
    int64_t way = late->received_at_us - late->event_time_us,
            other = ahead->received_at_us - ahead->event_time_us;
    if (way < 0 || other < 0)
        return;
    tt_telling_add_event(telling, late);
    tt_buf_add_text(buf, " was received ");
    tt_buf_add_duration(buf, way);
    tt_buf_add_text(buf, " after its event time, ");
    tt_telling_add_event(telling, ahead);
    tt_buf_add_char(buf, ' ');
    tt_buf_add_duration(buf, other);
    tt_buf_add_text(buf, " after.");
    if (hold > 0) {
        tt_buf_add_text(buf, " A buffer that holds each event for ");
        tt_buf_add_duration(buf, hold);
        tt_buf_add_text(buf, " would have put this right.");
    }
    tt_telling_line(telling, "Why");
}

static void tell_group(struct tt_telling *telling, const struct group *group)
{
    if (group->ahead == NULL || group->count == 0)
        return;
    let(telling, group->ahead);
    for (size_t i = 0; i < group->count; i++)
        let(telling, group->late[i]);
    then(telling, group);
    however(telling, group);
    why(telling, group);
}

/* Late events in groups behind the same one. Findings stand in order of arrival, and of
 * neighbouring late events the one ahead changes only when a later time arrives: groups are runs.
 */
void tt_telling_late(struct tt_telling *telling)
{
    const struct tt_report *report = telling->picture->report;
    struct group group = {0};
    uint64_t behind = 0;
    size_t groups = 0, untold = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct tt_finding *finding = report->findings[i];
        if (finding->kind != TT_KIND_LATE_ARRIVAL)
            continue;
        if (finding->late_arrival.behind_arrival != behind) {
            if (groups > 0 && groups <= TT_TOLD_MAX)
                tell_group(telling, &group);
            behind = finding->late_arrival.behind_arrival;
            group = (struct group){.ahead = tt_telling_event(telling, behind)};
            groups++;
        }
        untold += groups > TT_TOLD_MAX;
        if (group.count == TT_TOLD_LIST_MAX) {
            group.more++;
            continue;
        }
        group.late[group.count] = tt_telling_event(telling, finding->arrival);
        group.lateness_us[group.count] = finding->late_arrival.lateness_us;
        group.count += group.late[group.count] != NULL;
    }
    if (groups > 0 && groups <= TT_TOLD_MAX)
        tell_group(telling, &group);
    if (untold > 0) {
        tt_words_add_counted(&telling->buf, untold, "more event is late.", "more events are late.");
        tt_telling_line(telling, "And");
    }
}
