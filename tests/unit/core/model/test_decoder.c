#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/model/decoder.h"
#include "core/model/task_key.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

/* The last event a decoder gave, as canonical JSON. */
struct caught {
    struct tt_buf json;
    int events;
};

static enum tt_err catch_event(void *context, const struct tt_event *event)
{
    struct caught *caught = context;
    tt_buf_clear(&caught->json);
    tt_event_write_json(&caught->json, event);
    caught->events++;
    return caught->json.err;
}

static struct tt_decoder *decoder(const char *name, const char *zone)
{
    struct tt_decoder *made = NULL;
    struct tt_fault fault = {0};
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT,
                                               .zone = zone};
    ck_assert_msg(tt_decoder_create(name, &options, &made, &fault) == TT_OK, "%s", fault.text);
    return made;
}

static enum tt_err decode(struct tt_decoder *by, const char *line, struct caught *caught,
                          struct tt_fault *fault)
{
    const struct tt_decoder_sink sink = {.context = caught, .event = catch_event};
    *fault = (struct tt_fault){0};
    return tt_decoder_line(by, tt_str_from(line), &sink, fault);
}

static void gives(const char *line, const char *json)
{
    struct tt_decoder *by = decoder("native", NULL);
    struct caught caught = {0};
    struct tt_fault fault;
    ck_assert_msg(decode(by, line, &caught, &fault) == TT_OK, "%s: %s", line, fault.text);
    ck_assert_str_eq(caught.json.data, json);
    tt_buf_done(&caught.json);
    tt_decoder_destroy(by);
}

static void rejects(const char *line, const char *reason)
{
    struct tt_decoder *by = decoder("native", NULL);
    struct caught caught = {0};
    struct tt_fault fault;
    ck_assert_msg(decode(by, line, &caught, &fault) == TT_ERR_REJECT, "accepted %s", line);
    ck_assert_msg(strstr(fault.text, reason) != NULL, "%s: \"%s\" is not in \"%s\"", line, reason,
                  fault.text);
    ck_assert_int_eq(caught.events, 0);
    tt_decoder_destroy(by);
}

#define EVENT "\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1"
#define CANONICAL                                                                                  \
    "\"task_id\":\"t\",\"status\":\"A\",\"event_time\":\"1970-01-01T00:00:00.000001Z\""

TT_TEST(an_event_reads_and_writes_back_in_canonical_form)
{
    gives("{" EVENT "}", "{" CANONICAL "}");
    gives("{" EVENT ",\"event_id\":\"\",\"tenant\":null,\"seq\":-9223372036854775808}",
          "{" CANONICAL ",\"seq\":-9223372036854775808}");
    gives("{\"error_code\":500,\"message\":\"a\\nb\",\"source\":\"\"," EVENT "}",
          "{" CANONICAL ",\"source\":\"\",\"message\":\"a\\nb\",\"error_code\":500}");
    gives("{\"error_code\":\"500\",\"received_at\":\"2026-03-01T01:00:00+01:00\"," EVENT "}",
          "{" CANONICAL ",\"error_code\":\"500\",\"received_at\":\"2026-03-01T00:00:00.000000Z\"}");
}
TT_END

TT_TEST(what_the_format_does_not_know_is_kept_under_attributes)
{
    gives("{\"x\":[1,0.1,null]," EVENT ",\"attributes\":{\"k\":\"\\u00e9\"},\"y\":{}}",
          "{" CANONICAL ",\"attributes\":{\"k\":\"\xc3\xa9\",\"x\":[1,0.1,null],\"y\":{}}}");
    gives("{" EVENT ",\"attributes\":{\"x\":1},\"x\":2}",
          "{" CANONICAL ",\"attributes\":{\"x\":1}}");
}
TT_END

TT_TEST(what_is_no_event_is_rejected_with_the_reason)
{
    rejects("", "");
    rejects("[]", "expected an object");
    rejects("{" EVENT "}x", "");
    rejects("{" EVENT ",\"task_id\":\"t\"}", "duplicate");
    rejects("{" EVENT ",\"x\":{\"a\":1,\"a\":1}}", "duplicate");
    rejects("{\"status\":\"A\",\"event_time\":1}", "task_id: missing");
    rejects("{\"task_id\":\"\",\"status\":\"A\",\"event_time\":1}", "task_id: empty");
    rejects("{\"task_id\":\"t\",\"status\":null,\"event_time\":1}", "status: missing");
    rejects("{\"task_id\":\"t\",\"status\":\"A\"}", "event_time: missing");
    rejects("{" EVENT ",\"tenant\":\"\"}", "tenant: empty");
    rejects("{" EVENT ",\"seq\":1.0}", "seq: expected an integer");
    rejects("{" EVENT ",\"seq\":1e3}", "seq: expected an integer");
    rejects("{" EVENT ",\"seq\":9223372036854775808}", "too big");
    rejects("{" EVENT ",\"x\":1e999}", "overflow");
    rejects("{" EVENT ",\"source\":7}", "source: expected text, found an integer");
    rejects("{" EVENT ",\"attributes\":[]}", "attributes: expected an object");
    rejects("{" EVENT ",\"message\":\"\\u0000\"}", "");
    rejects("{" EVENT ",\"message\":\"\\ud800\"}", "");
    rejects("{" EVENT ",\"message\":\"\xff\"}", "");
    rejects("{" EVENT ",\"message\":\"a\tb\"}", "");
    rejects("{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":\"2026-02-30T00:00:00Z\"}",
            "event_time: \"2026-02-30");
    rejects("{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":253402300800000000}",
            "outside the years");
}
TT_END

TT_TEST(nesting_is_allowed_to_64_levels_and_no_further)
{
    char line[512];
    for (int levels = 63; levels <= 64; levels++) {
        size_t used = (size_t)snprintf(line, sizeof line, "{" EVENT ",\"x\":");
        for (int i = 0; i < levels; i++)
            line[used++] = '[';
        for (int i = 0; i < levels; i++)
            line[used++] = ']';
        snprintf(line + used, sizeof line - used, "}");
        struct tt_decoder *by = decoder("native", NULL);
        struct caught caught = {0};
        struct tt_fault fault;
        ck_assert_int_eq(decode(by, line, &caught, &fault), levels == 63 ? TT_OK : TT_ERR_REJECT);
        tt_buf_done(&caught.json);
        tt_decoder_destroy(by);
    }
}
TT_END

TT_TEST(memory_that_runs_out_while_decoding_is_an_error_and_the_next_line_works)
{
    struct tt_decoder *by = decoder("native", NULL);
    struct caught caught = {0};
    struct tt_fault fault;
    const char *line = "{" EVENT ",\"message\":\"m\",\"x\":{\"y\":1}}";
    int failures = 0;
    for (int nth = 0; nth < 20; nth++) {
        tt_mem_fail_after(nth, false);
        enum tt_err err = decode(by, line, &caught, &fault);
        tt_mem_fail_after(-1, false);
        ck_assert(err == TT_OK || err == TT_ERR_NO_MEMORY);
        failures += err != TT_OK;
        ck_assert_int_eq(decode(by, line, &caught, &fault), TT_OK);
    }
    ck_assert_int_gt(failures, 0);
    tt_buf_done(&caught.json);
    tt_decoder_destroy(by);
}
TT_END

static void dpkg_gives(struct tt_decoder *by, const char *line, const char *part)
{
    struct caught caught = {0};
    struct tt_fault fault;
    ck_assert_msg(decode(by, line, &caught, &fault) == TT_OK, "%s: %s", line, fault.text);
    if (part == NULL)
        ck_assert_int_eq(caught.events, 0);
    else
        ck_assert_msg(caught.events == 1 && strstr(caught.json.data, part) != NULL,
                      "%s is not in %s", part, caught.events == 1 ? caught.json.data : "nothing");
    tt_buf_done(&caught.json);
}

TT_TEST(a_status_line_of_dpkg_is_an_event_and_other_lines_are_passed_over)
{
    struct tt_decoder *by = decoder("dpkg", "+02:00");
    dpkg_gives(by, "2026-03-01 12:00:00 startup archives unpack", NULL);
    dpkg_gives(by, "2026-03-01 12:00:00 install zstd:amd64 <none> 1.5", NULL);
    dpkg_gives(by, "2026-03-01 12:00:00 status unpacked zstd:amd64 1.5",
               "{\"event_id\":\"20260301T120000-1\",\"task_id\":\"zstd:amd64\",\"task_type\":"
               "\"package\",\"status\":\"unpacked\","
               "\"event_time\":\"2026-03-01T10:00:00.000000Z\",\"source\":\"dpkg\",\"attributes\":{"
               "\"version\":\"1.5\"}}");
    dpkg_gives(by, "2026-03-01 12:00:00 status unpacked zstd:amd64 1.5", "\"20260301T120000-2\"");
    dpkg_gives(by, "2026-03-01 12:00:01 status installed zstd:amd64 1.5", "\"20260301T120001-1\"");
    tt_decoder_destroy(by);
}
TT_END

TT_TEST(a_line_that_dpkg_would_not_write_is_rejected)
{
    static const char *const wrong[] = {"garbage",
                                        "2026-03-01 12:00:00",
                                        "2026-13-01 12:00:00 status installed x 1",
                                        "2026-03-01 12:00:00 status installed",
                                        "2026-03-01 12:00:00 dance x 1",
                                        "2026-03-01 12:00:00 status installed x 1 2"};
    struct tt_decoder *by = decoder("dpkg", "UTC");
    struct caught caught = {0};
    struct tt_fault fault;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(decode(by, wrong[i], &caught, &fault) == TT_ERR_REJECT, "accepted %s",
                      wrong[i]);
    tt_decoder_destroy(by);
}
TT_END

TT_TEST(the_hour_that_happens_twice_is_told_apart_by_the_line_before)
{
    struct tt_decoder *by = decoder("dpkg", "Europe/Berlin");
    dpkg_gives(by, "2025-10-26 02:30:00 status unpacked x 1", "2025-10-26T00:30:00.000000Z");
    dpkg_gives(by, "2025-10-26 02:10:00 status installed x 1", "2025-10-26T01:10:00.000000Z");
    dpkg_gives(by, "2025-10-26 03:00:00 status installed x 1", "2025-10-26T02:00:00.000000Z");
    tt_decoder_destroy(by);
}
TT_END

TT_TEST(partitions_follow_the_contract_with_producers)
{
    ck_assert_uint_eq(tt_crc16(TT_STR("123456789"), 0), 0x31C3);
    ck_assert_uint_eq(tt_task_partition(TT_STR("default"), TT_STR("8123"), 64),
                      tt_crc16(TT_STR("default/8123"), 0) % 64);
}
TT_END

TT_SUITE("core/model/decoder", an_event_reads_and_writes_back_in_canonical_form,
         what_the_format_does_not_know_is_kept_under_attributes,
         what_is_no_event_is_rejected_with_the_reason,
         nesting_is_allowed_to_64_levels_and_no_further,
         memory_that_runs_out_while_decoding_is_an_error_and_the_next_line_works,
         a_status_line_of_dpkg_is_an_event_and_other_lines_are_passed_over,
         a_line_that_dpkg_would_not_write_is_rejected,
         the_hour_that_happens_twice_is_told_apart_by_the_line_before,
         partitions_follow_the_contract_with_producers)
