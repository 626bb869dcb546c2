/* The fast reader against the thorough one: what it accepts is accepted, and reads the same,
 * whatever the machine code; generated events in every key order, then damaged byte by byte. Lines
 * stand in memory of exactly their size, so that a read beyond the end is seen by the sanitizer. */
#include "tests/lib/history.h"
#include "tests/lib/readers.h"
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
    static const char *const texts[] = {
        "\"t\"",
        "\"\"",
        "\"task-00000001\"",
        "\"caf\xc3\xa9\"",
        "\"a\\nb\"",
        "\"\\u00e9\"",
        "null",
        "\"\xf0\x9f\x98\x80\"",
        "\"\\ud83d\\ude00 \\u20ac \\/\\b\"",
        "\"\\ud83d\"",
        "\"\\u0000\"",
        "\"\\udc00\\ud800\"",
        "\"\xed\xa0\x80\"",
        "\"\xc3 behind \xa9\"",
        "\"a text of more than thirty-two bytes, with \xe2\x82\xac behind\"",
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

/* The line, and the start of another one behind it: its own end, where it is cut. */
static void compare(struct tt_readers *readers, const char *text, size_t text_len, size_t len)
{
    const char *difference = tt_readers_compare(readers, text, text_len, len);
    ck_assert_msg(difference == NULL, "%s: %.*s", difference, (int)len, text);
}

TT_TEST(what_the_fast_reader_accepts_reads_as_the_thorough_one_reads_it)
{
    enum { LINES = 100000 };
    static struct tt_readers readers;
    char line[4096];
    unsigned long accepted = 0, plain = 0;
    state = tt_chance_seed("scan");
    tt_readers_init(&readers);
    for (int i = 0; i < LINES; i++) {
        size_t len = make_line(line, sizeof line);
        compare(&readers, line, len, chance(8) == 0 ? chance((unsigned)len) : len);
        accepted += readers.accepted;
        plain += readers.plain;
        for (unsigned damages = chance(4); damages > 0 && len > 1; damages--) {
            damage(line, &len);
            compare(&readers, line, len, len);
        }
    }
    /* Or nothing was compared. */
    ck_assert_uint_gt(accepted, LINES / 20);
    ck_assert_uint_gt(plain, LINES / 20);
    tt_readers_done(&readers);
}
TT_END

TT_SUITE_LIMIT("property/scan", 300,
               what_the_fast_reader_accepts_reads_as_the_thorough_one_reads_it)
