/* The fast reader against the thorough one: what it accepts is accepted, and reads the same,
 * whatever the machine code; generated events in every key order, then damaged byte by byte. Lines
 * stand in memory of exactly their size, so that a read beyond the end is seen by the sanitizer. */
#include "core/base/limits.h"
#include "core/model/decode_native.h"
#include "core/model/scan.h"
#include "tests/lib/history.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static unsigned chance(unsigned below)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static const char *pick(const char *const *words, size_t count)
{
    return words[chance((unsigned)count)];
}
#define PICK(words) pick(words, sizeof words / sizeof *words)

static const char *value_of(const char *key)
{
    static const char *const texts[] = {"\"t\"",
                                        "\"\"",
                                        "\"task-00000001\"",
                                        "\"caf\xc3\xa9\"",
                                        "\"a\\nb\"",
                                        "\"\\u00e9\"",
                                        "null",
                                        "\"\xf0\x9f\x98\x80\"",
                                        "\"01KJMMA2G38PD323WBB4SC98EH and some more behind it\"",
                                        "7",
                                        "\"\x7f\""};
    static const char *const times[] = {"\"2026-03-01T12:00:00Z\"",
                                        "\"2026-03-01T12:00:00.123456Z\"",
                                        "\"2026-03-01 12:00:60.5z\"",
                                        "1",
                                        "\"2026-03-01T05:30:00.1+05:30\"",
                                        "-62135596800000000",
                                        "\"2026-02-30T00:00:00Z\"",
                                        "null",
                                        "253402300799999999",
                                        "\"9999-12-31T23:59:59.999999999Z\"",
                                        "\"2024-02-29T23:59:59.9Z\"",
                                        "1.5"};
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "1",
                                          "-9223372036854775808",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "null",
                                          "01",
                                          "1e3",
                                          "-",
                                          "123456789012345678901"};
    static const char *const codes[] = {"500", "\"E7\"", "null", "-1", "1.0"};
    if (strcmp(key, "event_time") == 0 || strcmp(key, "received_at") == 0)
        return PICK(times);
    if (strcmp(key, "seq") == 0)
        return PICK(numbers);
    if (strcmp(key, "error_code") == 0)
        return PICK(codes);
    return PICK(texts);
}

/* An event that may or may not be one. Mostly plain, so that what the fast reader remembers is put
 * to use. */
static size_t make_line(char *line, size_t size)
{
    static const char *const required[] = {"task_id", "status", "event_time"};
    static const char *const more[] = {
        "event_id",   "tenant",  "task_type",  "source",      "seq",     "stage", "correlation_id",
        "dataset_id", "message", "error_code", "received_at", "task_id", "extra", "attributes"};
    static const char *const blanks[] = {"", "", "", "", " ", "\t ", "  "};
    const char *keys[12];
    size_t count = 0, used = 0;
    for (size_t i = 0; i < 3; i++)
        if (chance(20) > 0)
            keys[count++] = required[i];
    for (unsigned extra = chance(5); extra > 0; extra--)
        keys[count++] = PICK(more);
    for (size_t i = count; i > 1 && chance(2) == 0; i--) {
        size_t k = chance((unsigned)i);
        const char *swap = keys[i - 1];
        keys[i - 1] = keys[k];
        keys[k] = swap;
    }
    used += (size_t)snprintf(line + used, size - used, "%s{", PICK(blanks));
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(line + used, size - used, "%s%s\"%s\"%s:%s%s%s", i > 0 ? "," : "",
                                 PICK(blanks), keys[i], PICK(blanks), PICK(blanks),
                                 value_of(keys[i]), PICK(blanks));
    used += (size_t)snprintf(line + used, size - used, "}%s", PICK(blanks));
    return used;
}

static void damage(char *line, size_t *len)
{
    static const char bytes[] = "\"\\{}[]:,0-9.eE+ntT\x00\x01\x1f\x80\xc3\xff \t\r";
    size_t at = chance((unsigned)*len);
    switch (chance(3)) {
    case 0: line[at] = bytes[chance(sizeof bytes - 1)]; break;
    case 1: memmove(line + at, line + at + 1, --*len - at); break;
    default: line[at] = (char)(line[at] ^ (1 << chance(8))); break;
    }
}

struct readers {
    struct tt_scan scans[TT_SCAN_WAYS];
    bool runs[TT_SCAN_WAYS];
    struct tt_arena arena;
    struct tt_buf thorough, fast;
    unsigned long accepted, plain;
};

static void compare(struct readers *r, const char *text, size_t len)
{
    char *line = malloc(len == 0 ? 1 : len); /* of exactly this size */
    memcpy(line, text, len);
    struct tt_str view = {line, len};
    struct tt_event event;
    struct tt_fault fault = {0};
    tt_arena_reset(&r->arena);
    tt_buf_clear(&r->thorough);
    bool good =
        tt_decode_native_thorough(view, TT_JSON_DEPTH_DEFAULT, &r->arena, &event, &fault) == TT_OK;
    if (good)
        tt_event_write_json(&r->thorough, &event);
    r->accepted += good;
    for (int way = 0; way < TT_SCAN_WAYS; way++) {
        const struct tt_event *plain =
            r->runs[way] ? tt_scan_event(&r->scans[way], view, line + len) : NULL;
        if (plain == NULL)
            continue;
        r->plain++;
        ck_assert_msg(good, "way %d accepts, the thorough reader does not (%s): %.*s", way,
                      fault.text, (int)len, text);
        tt_buf_clear(&r->fast);
        tt_event_write_json(&r->fast, plain);
        ck_assert_msg(tt_str_equal(tt_buf_str(&r->fast), tt_buf_str(&r->thorough)),
                      "way %d reads %s instead of %s: %.*s", way, r->fast.data, r->thorough.data,
                      (int)len, text);
    }
    free(line);
}

TT_TEST(what_the_fast_reader_accepts_reads_as_the_thorough_one_reads_it)
{
    enum { LINES = 60000 };
    static struct readers r;
    char line[4096];
    state = tt_chance_seed("scan");
    for (int way = 0; way < TT_SCAN_WAYS; way++) {
        r.runs[way] = tt_scan_runs((enum tt_scan_way)way);
        if (r.runs[way])
            tt_scan_init(&r.scans[way], (enum tt_scan_way)way);
    }
    for (int i = 0; i < LINES; i++) {
        size_t len = make_line(line, sizeof line);
        compare(&r, line, len);
        for (unsigned damages = chance(4); damages > 0 && len > 1; damages--) {
            damage(line, &len);
            compare(&r, line, len);
        }
    }
    /* Or nothing was compared. */
    ck_assert_uint_gt(r.accepted, LINES / 20);
    ck_assert_uint_gt(r.plain, LINES / 20);
    tt_arena_done(&r.arena);
    tt_buf_done(&r.thorough);
    tt_buf_done(&r.fast);
}
TT_END

TT_SUITE_LIMIT("property/scan", 300,
               what_the_fast_reader_accepts_reads_as_the_thorough_one_reads_it)
