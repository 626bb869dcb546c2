#include "replay/record.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RECORDS = 2000, TEXT_BYTES = 70000, ROUNDS = 20 };

/* What was written, to compare with what is read. */
struct written {
    struct tt_rec_item item;
    char texts[5][200];
};

static struct tt_str some_text(uint64_t *seed, char *room, bool packable)
{
    static const char wide[] = "abcdefghijklmnopqrstuvwxyz \"\\/{}|~";
    static const char narrow[] = "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdef";
    size_t len = tt_test_next(seed) % 40;
    if (tt_test_next(seed) % 16 == 0)
        len = 127 + tt_test_next(seed) % 60;
    for (size_t i = 0; i < len; i++)
        room[i] = packable ? narrow[tt_test_next(seed) % (sizeof narrow - 1)]
                           : wide[tt_test_next(seed) % (sizeof wide - 1)];
    return (struct tt_str){room, len};
}

static int64_t some_time(uint64_t *seed, int64_t near_us)
{
    switch (tt_test_next(seed) % 6) {
    case 0: return TT_TIME_MIN_US;
    case 1: return TT_TIME_MAX_US;
    case 2: return near_us - (int64_t)(tt_test_next(seed) % UINT32_MAX) * 1000;
    default: return near_us + (int64_t)(tt_test_next(seed) % 1000000) - 400000;
    }
}

static int64_t any_number(uint64_t *seed)
{
    switch (tt_test_next(seed) % 4) {
    case 0: return INT64_MIN;
    case 1: return INT64_MAX;
    case 2: return (int64_t)tt_test_next(seed);
    default: return (int64_t)(tt_test_next(seed) % 100);
    }
}

static void make_item(uint64_t *seed, const struct tt_rec_stream *stream,
                      struct written *ret_written)
{
    struct tt_rec_item *item = &ret_written->item;
    uint64_t chance = tt_test_next(seed);
    uint32_t chunk = tt_rec_chunk(stream->place);
    uint64_t ordinal = tt_rec_ordinal(stream->place);
    *item =
        (struct tt_rec_item){.type = chance % 3 == 0 ? TT_REC_NO_TYPE : (uint32_t)(chance % 500),
                             .status = (uint32_t)(chance >> 8) % (chance % 5 == 0 ? 70000 : 20),
                             .origin = TT_ORIGIN_NONE};
    if (chance >> 16 & 1 && ordinal < TT_REC_ORDINAL_MAX - 100000)
        item->place =
            tt_rec_place(chunk, ordinal + (chance >> 20) % (chance % 7 == 0 ? 100000 : 900));
    else
        item->place = tt_rec_place(chunk + 1 + (chance >> 20) % 300,
                                   chance % 11 == 0 ? TT_REC_ORDINAL_MAX : (chance >> 33) % 5000);
    item->event_time_us = some_time(seed, stream->time_us);
    item->tenant = some_text(seed, ret_written->texts[0], true);
    item->task_id = some_text(seed, ret_written->texts[1], false);
    if (chance >> 40 & 1)
        item->event_id = some_text(seed, ret_written->texts[2], (chance >> 41 & 1) != 0);
    if (item->event_id.len == 0)
        item->event_id = TT_STR_NONE;
    if ((chance >> 42 & 7) == 0) {
        item->origin = TT_ORIGIN_FULL;
        item->source = some_text(seed, ret_written->texts[3], false);
        if (chance >> 45 & 1)
            item->stage = some_text(seed, ret_written->texts[4], false);
    } else if ((chance >> 42 & 7) > 3) {
        item->origin = 1 + (uint32_t)(chance >> 46) % TT_ORIGINS_MAX;
    }
    item->flags =
        (uint8_t)((chance >> 50 & 1 ? TT_REC_SEQ : 0) | (chance >> 51 & 1 ? TT_REC_RECEIVED : 0) |
                  (chance >> 52 & 1 ? TT_REC_APPLIED : 0) |
                  (chance >> 53 & 1 || stream->heads == 0 ? TT_REC_HEAD : 0));
    item->kind = (chance >> 54 & 7) == 0 ? TT_REC_STATE : TT_REC_EVENT;
    item->head = stream->heads == 0 ? 0 : (uint32_t)(tt_test_next(seed) % stream->heads);
    item->seq = any_number(seed);
    item->apply_seq = any_number(seed);
    item->received_at_us = some_time(seed, item->event_time_us);
    item->applied_at_us = some_time(seed, item->event_time_us);
}

static void expect_same(const struct tt_rec_item *item, const struct tt_rec *rec,
                        const struct tt_rec_name *name, uint32_t head,
                        const struct tt_dictionary *dictionary)
{
    struct tt_arena arena;
    struct tt_rec_numbers numbers;
    struct tt_str id;
    tt_arena_init(&arena, 0);
    ck_assert_int_eq(rec->event_time_us, item->event_time_us);
    ck_assert_uint_eq(rec->place, item->place);
    ck_assert_uint_eq(rec->status, item->status);
    ck_assert_uint_eq(rec->origin, item->origin);
    ck_assert_uint_eq(rec->kind, item->kind);
    ck_assert_uint_eq(rec->head, head);
    ck_assert_int_eq(tt_rec_id_text(rec, &arena, &id), TT_OK);
    ck_assert(tt_str_equal(id, item->event_id));
    tt_rec_read_numbers(rec, &numbers);
    if (item->flags & TT_REC_SEQ)
        ck_assert_int_eq(numbers.seq, item->seq);
    ck_assert_int_eq(numbers.received_at_us,
                     item->flags & TT_REC_RECEIVED ? item->received_at_us : TT_TIME_NONE);
    if (item->flags & TT_REC_APPLIED) {
        ck_assert_int_eq(numbers.apply_seq, item->apply_seq);
        ck_assert_int_eq(numbers.applied_at_us, item->applied_at_us);
    }
    if (item->origin == TT_ORIGIN_FULL) {
        struct tt_str source, stage;
        tt_rec_read_origin(rec, NULL, &source, &stage);
        ck_assert(tt_str_equal(source, item->source));
        ck_assert(tt_str_equal(stage, item->stage));
    }
    if (item->flags & TT_REC_HEAD) {
        const char *at = name->name.ptr;
        size_t chars = tt_name_task_chars(at, dictionary);
        char *text = malloc(chars + TT_ID_TEXT_MAX_BEYOND);
        tt_name_task_id(at, dictionary, text);
        ck_assert(tt_str_equal(tt_name_tenant(at, dictionary), item->tenant));
        ck_assert(tt_str_equal(((struct tt_str){text, chars}), item->task_id));
        ck_assert_uint_eq(name->type, item->type);
        free(text);
    }
    tt_arena_done(&arena);
}

TT_TEST(a_stream_of_records_reads_back_as_it_was_written)
{
    uint64_t seed = tt_chance_seed("records");
    struct written *written = calloc(RECORDS, sizeof *written);
    char *bytes = malloc((size_t)RECORDS * 2048);
    struct tt_dictionary dictionary;
    static struct tt_namer namer;
    tt_dictionary_init(&dictionary);
    namer = (struct tt_namer){.dictionary = &dictionary};
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_rec_stream stream = {0};
        char *end = bytes;
        for (size_t i = 0; i < RECORDS; i++) {
            make_item(&seed, &stream, &written[i]);
            char *start = end;
            end = tt_rec_put(end, &stream, &namer, &written[i].item);
            ck_assert_uint_le((size_t)(end - start), tt_rec_room(&written[i].item));
        }
        struct tt_rec_stream reading = {0};
        const char *at = bytes;
        for (size_t i = 0; i < RECORDS; i++) {
            struct tt_rec rec;
            struct tt_rec_name name = {0};
            uint32_t heads = reading.heads;
            tt_rec_take(at, &reading, &rec);
            at = tt_rec_end(&rec, &name);
            bool is_head = (written[i].item.flags & TT_REC_HEAD) != 0;
            expect_same(&written[i].item, &rec, &name, is_head ? heads : written[i].item.head,
                        &dictionary);
        }
        ck_assert_ptr_eq(at, end);
    }
    tt_dictionary_done(&dictionary);
    free(bytes);
    free(written);
}
TT_END

TT_TEST(an_event_of_the_usual_kind_takes_few_bytes)
{
    static char bytes[1024];
    struct tt_rec_stream stream = {.place = 10, .time_us = 1000000, .heads = 5};
    const struct tt_rec_item item = {.place = 520,
                                     .event_time_us = 1250000,
                                     .event_id = TT_STR("00000001720000000000000000"),
                                     .status = 3,
                                     .origin = 12,
                                     .head = 2,
                                     .tenant = TT_STR("default"),
                                     .task_id = TT_STR("task-1")};
    char *end = tt_rec_put(bytes, &stream, NULL, &item);
    ck_assert_int_eq(end - bytes, 8 + 10); /* the beginning, a ULID of the event's millisecond */
}
TT_END

TT_TEST(a_text_of_megabytes_stands_in_a_record)
{
    size_t len = 3u << 20;
    char *text = malloc(len), *bytes = malloc(len + 1024);
    memset(text, 'x', len);
    struct tt_rec_stream stream = {0}, reading = {0};
    const struct tt_rec_item item = {.event_id = {text, len},
                                     .flags = TT_REC_HEAD,
                                     .type = TT_REC_NO_TYPE,
                                     .tenant = TT_STR("t"),
                                     .task_id = TT_STR("1")};
    struct tt_dictionary dictionary;
    static struct tt_namer namer;
    tt_dictionary_init(&dictionary);
    namer = (struct tt_namer){.dictionary = &dictionary};
    char *end = tt_rec_put(bytes, &stream, &namer, &item);
    struct tt_rec rec;
    struct tt_rec_name name;
    tt_rec_take(bytes, &reading, &rec);
    ck_assert_ptr_eq(tt_rec_end(&rec, &name), end);
    expect_same(&item, &rec, &name, 0, &dictionary);
    tt_dictionary_done(&dictionary);
    free(bytes);
    free(text);
}
TT_END

TT_SUITE("replay/record", a_stream_of_records_reads_back_as_it_was_written,
         an_event_of_the_usual_kind_takes_few_bytes, a_text_of_megabytes_stands_in_a_record)
