#include "core/base/buf.h"
#include "core/base/mem.h"

#include "tests/lib/suite.h"
#include <stdlib.h>
#include <string.h>

TT_TEST(an_arena_uses_lent_memory_before_new_one)
{
    enum { LENT = 4096 };
    char *memory = malloc(LENT);
    struct tt_arena arena;
    ck_assert_ptr_nonnull(memory);
    tt_arena_init(&arena, 0);
    tt_arena_lend(&arena, memory + 1, LENT - 1, false);
    tt_arena_lend(&arena, memory, 3, false); /* too little for anything */
    uint64_t before = tt_mem_count();
    for (int i = 0; i < 10; i++) {
        char *at = tt_arena_alloc(&arena, 100);
        ck_assert(at >= memory && at + 100 <= memory + LENT);
        ck_assert_uint_eq((uintptr_t)at % 16, 0);
        memset(at, 'x', 100);
    }
    ck_assert_uint_eq(tt_mem_count(), before);
    char *large = tt_arena_alloc(&arena, 2 * LENT);
    ck_assert_ptr_nonnull(large);
    ck_assert(large + 2 * LENT <= memory || large >= memory + LENT);
    tt_arena_done(&arena);
    free(memory);
}
TT_END

TT_TEST(a_reset_arena_has_given_back_what_was_lent)
{
    enum { LENT = 4096 };
    char *memory = malloc(LENT);
    struct tt_arena arena;
    ck_assert_ptr_nonnull(memory);
    tt_arena_init(&arena, 0);
    tt_arena_lend(&arena, memory, LENT, false);
    ck_assert_ptr_nonnull(tt_arena_alloc(&arena, 100));
    tt_arena_reset(&arena);
    free(memory);
    char *at = tt_arena_alloc(&arena, 100);
    ck_assert_ptr_nonnull(at);
    memset(at, 'x', 100);
    tt_arena_done(&arena);
}
TT_END

TT_TEST(spare_memory_is_used_last_and_may_be_taken_back_before)
{
    enum { LENT = 4096 };
    char *memory = malloc(2 * LENT);
    struct tt_arena arena;
    ck_assert_ptr_nonnull(memory);
    tt_arena_init(&arena, 0);
    tt_arena_lend(&arena, memory, LENT, true);
    tt_arena_lend(&arena, memory + LENT, LENT, false);
    char *first = tt_arena_alloc(&arena, LENT / 2);
    ck_assert(first >= memory + LENT && !tt_arena_took_spare(&arena));
    char *second = tt_arena_alloc(&arena, LENT / 2);
    ck_assert(second >= memory && second < memory + LENT && tt_arena_took_spare(&arena));
    tt_arena_reset(&arena);
    ck_assert(!tt_arena_took_spare(&arena));
    tt_arena_lend(&arena, memory, LENT, true);
    tt_arena_forget_spare(&arena);
    char *third = tt_arena_alloc(&arena, LENT / 2);
    ck_assert(third < memory || third >= memory + 2 * LENT);
    tt_arena_done(&arena);
    free(memory);
}
TT_END

TT_TEST(an_arena_that_grows_large_holds_what_was_written)
{
    enum { BYTES = 1000, COUNT = 6000 };
    static char *texts[COUNT];
    struct tt_arena arena;
    tt_arena_init(&arena, 0);
    for (int i = 0; i < COUNT; i++) {
        texts[i] = tt_arena_alloc(&arena, BYTES);
        ck_assert_ptr_nonnull(texts[i]);
        memset(texts[i], i % 100, BYTES);
    }
    for (int i = 0; i < COUNT; i++)
        ck_assert(texts[i][0] == i % 100 && texts[i][BYTES - 1] == i % 100);
    ck_assert_uint_ge(arena.total, (size_t)BYTES * COUNT);
    tt_arena_done(&arena);
}
TT_END

TT_TEST(whatever_cannot_grow_says_so_and_keeps_what_it_had)
{
    int *list = NULL;
    size_t capacity = 0;
    struct tt_arena arena;
    struct tt_buf buf;
    tt_arena_init(&arena, 0);
    tt_buf_init(&buf, 0);
    ck_assert_int_eq(tt_mem_reserve((void **)&list, &capacity, 4, sizeof *list), TT_OK);
    char *kept = tt_arena_copy(&arena, "kept", 4);
    list[3] = 7;
    tt_buf_add_text(&buf, "kept");
    size_t before = capacity;
    tt_mem_fail_after(0, true);
    ck_assert_int_eq(tt_mem_reserve((void **)&list, &capacity, 100000, sizeof *list),
                     TT_ERR_NO_MEMORY);
    ck_assert_ptr_null(tt_arena_alloc(&arena, 10000000));
    for (int i = 0; i < 100000; i++)
        tt_buf_add_text(&buf, "more");
    tt_mem_fail_after(-1, false);
    ck_assert_uint_eq(capacity, before);
    ck_assert_int_eq(list[3], 7);
    ck_assert_str_eq(kept, "kept");
    ck_assert_int_eq(buf.err, TT_ERR_NO_MEMORY);
    ck_assert_int_eq(strncmp(buf.data, "kept", 4), 0);
    tt_mem_free(list);
    tt_arena_done(&arena);
    tt_buf_done(&buf);
}
TT_END

TT_SUITE("core/base/mem", an_arena_uses_lent_memory_before_new_one,
         a_reset_arena_has_given_back_what_was_lent,
         spare_memory_is_used_last_and_may_be_taken_back_before,
         an_arena_that_grows_large_holds_what_was_written,
         whatever_cannot_grow_says_so_and_keeps_what_it_had)
