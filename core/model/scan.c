#include "core/model/scan.h"

#include "core/base/assert.h"
#include "core/model/scan_parts.h"
#include <stddef.h>
#include <stdio.h>

#define SLOT(len, second) (((len) + 6 * (second)) % TT_SCAN_SLOTS)
#define KEY(name, second, number, member, text_allowed, time)                                      \
    [SLOT(sizeof(name) - 1, second)] = {                                                           \
        .text = name "\"",                                                                         \
        .mask = (UINT32_C(1) << sizeof(name)) - 1,                                                 \
        .offset = offsetof(struct tt_event, member),                                               \
        .len = sizeof(name) - 1,                                                                   \
        .field = number,                                                                           \
        .takes_text = text_allowed,                                                                \
        .is_time = time,                                                                           \
    }

/* Two keys in one slot would not compile: an initializer given twice is a warning. */
const struct tt_scan_key tt_scan_keys[TT_SCAN_SLOTS] = {
    KEY("task_id", 'a', TT_SCAN_TASK_ID, task_id, true, false),
    KEY("status", 't', TT_SCAN_STATUS, status, true, false),
    KEY("event_id", 'v', TT_SCAN_EVENT_ID, event_id, true, false),
    KEY("tenant", 'e', TT_SCAN_TENANT, tenant, true, false),
    KEY("task_type", 'a', TT_SCAN_TASK_TYPE, task_type, true, false),
    KEY("source", 'o', TT_SCAN_SOURCE, source, true, false),
    KEY("stage", 't', TT_SCAN_STAGE, stage, true, false),
    KEY("correlation_id", 'o', TT_SCAN_CORRELATION_ID, correlation_id, true, false),
    KEY("dataset_id", 'a', TT_SCAN_DATASET_ID, dataset_id, true, false),
    KEY("message", 'e', TT_SCAN_MESSAGE, message, true, false),
    KEY("error_code", 'r', TT_SCAN_ERROR_CODE, error_code, true, false),
    KEY("event_time", 'v', TT_SCAN_EVENT_TIME, event_time_us, true, true),
    KEY("received_at", 'e', TT_SCAN_RECEIVED_AT, received_at_us, true, true),
    KEY("seq", 'e', TT_SCAN_SEQ, seq, false, false),
};

static const struct {
    const char *(*run)(struct tt_scan *, const char *, const char *);
} ways[TT_SCAN_WAYS] = {
    [TT_SCAN_PORTABLE] = {tt_scan_run_portable},
#if TT_SCAN_X86
    [TT_SCAN_SSE2] = {tt_scan_run_sse2},
    [TT_SCAN_AVX2] = {tt_scan_run_avx2},
#endif
};

bool tt_scan_runs(enum tt_scan_way way)
{
#if TT_SCAN_X86
    if (way == TT_SCAN_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#endif
    return way == TT_SCAN_BEST || ways[way].run != NULL;
}

struct tt_scan_step tt_scan_step_to(const struct tt_scan_key *key, bool is_text)
{
    uint8_t quoted = !key->takes_text ? TT_SCAN_NOTHING
                     : key->is_time   ? TT_SCAN_TIME
                                      : TT_SCAN_TEXT;
    return (struct tt_scan_step){
        .shape = is_text ? quoted : TT_SCAN_BARE,
        .quoted = quoted,
        .offset = key->offset,
        .field = key->field,
        .bit = UINT32_C(1) << key->field,
        .next = (uint16_t)(offsetof(struct tt_scan, steps) +
                           key->field * sizeof(struct tt_scan_step[TT_SCAN_CHOICES])),
    };
}

static struct tt_scan_step compact_step(const struct tt_scan_key *key)
{
    struct tt_scan_step step = tt_scan_step_to(key, true);
    step.len = (uint32_t)snprintf(step.bytes, sizeof step.bytes, ",\"%s:\"", key->text);
    step.mask = (UINT32_C(1) << step.len) - 1 - 1; /* all but the comma or brace */
    return step;
}

void tt_scan_init(struct tt_scan *scan, enum tt_scan_way way)
{
    /* A step never learnt matches no plain line, and is refused where it matches. */
    static const struct tt_scan_step nothing = {
        .mask = UINT32_MAX, .shape = TT_SCAN_NOTHING, .misses = UINT8_MAX};
    if (way == TT_SCAN_BEST)
        for (way = TT_SCAN_WAYS - 1; !tt_scan_runs(way); way--)
            ;
    tt_assert(tt_scan_runs(way));
    *scan = (struct tt_scan){.run = ways[way].run};
    for (int i = 0; i < TT_SCAN_STATES * TT_SCAN_CHOICES; i++)
        (&scan->steps[0][0])[i] = nothing;
    for (int i = 0; i < TT_SCAN_SLOTS; i++)
        scan->compact[i] = tt_scan_keys[i].takes_text ? compact_step(&tt_scan_keys[i]) : nothing;
    scan->closing = (struct tt_scan_step){.bytes = "}", .mask = 1, .len = 1, .shape = TT_SCAN_END};
}

static inline void read_until(struct tt_scan *scan, const char *readable_end)
{
    if (__builtin_expect(scan->readable_end == readable_end, 1))
        return;
    scan->readable_end = readable_end;
    scan->last_block = (uintptr_t)readable_end < TT_SCAN_BLOCK_BYTES
                           ? 0
                           : (uintptr_t)readable_end - TT_SCAN_BLOCK_BYTES;
}

const struct tt_event *tt_scan_event(struct tt_scan *scan, struct tt_str line,
                                     const char *readable_end)
{
    const char *end = line.ptr + line.len;
    read_until(scan, readable_end);
    const char *at = scan->run(scan, line.ptr, end);
    if (at == NULL)
        return NULL;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at == end ? &scan->event : NULL;
}

const struct tt_event *tt_scan_next(struct tt_scan *scan, const char *start, const char *text_end,
                                    const char *readable_end, const char **ret_next)
{
    read_until(scan, readable_end);
    const char *at = scan->run(scan, start, text_end);
    if (at == NULL)
        return NULL;
    if (__builtin_expect(at < text_end && *at == '\n', 1)) {
        *ret_next = at + 1;
        return &scan->event;
    }
    while (at < text_end && (*at == ' ' || *at == '\t'))
        at++;
    if (text_end - at >= 2 && at[0] == '\r' && at[1] == '\n')
        at++;
    if (at > text_end || (at < text_end && *at != '\n'))
        return NULL;
    *ret_next = at < text_end ? at + 1 : at;
    return &scan->event;
}
