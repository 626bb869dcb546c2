#include "replay/blocks.h"

#include "tests/lib/suite.h"
#include <string.h>

/* One partition after the other grows, as where tasks of many events follow one another. */
TT_TEST(memory_ends_near_its_budget_whatever_the_order_in_which_partitions_grow)
{
    enum { BUDGET = 1 << 20, RECORD = 1000, RECORDS = 1000 };
    static char record[RECORD];
    struct tt_budget budget = {.max = BUDGET, .temp_dir = "/tmp"};
    struct tt_blocks blocks;
    struct tt_fault fault = {0};
    tt_blocks_init(&blocks, &budget);
    for (unsigned p = 0; p < TT_BLOCK_PARTITIONS; p++)
        for (int i = 0; i < RECORDS; i++) {
            char *at = tt_blocks_room(&blocks, p, RECORD, &fault);
            ck_assert_ptr_nonnull(at);
            memset(record, (int)p + i, sizeof record);
            memcpy(at, record, sizeof record);
            tt_blocks_used(&blocks, p, at + RECORD);
        }
    tt_blocks_close(&blocks);
    /* Beyond the budget a partition still gets its first block, of 4 KiB. */
    ck_assert_uint_le(atomic_load(&budget.used), BUDGET + TT_BLOCK_PARTITIONS * 4096);
    const unsigned last = TT_BLOCK_PARTITIONS - 1;
    ck_assert_uint_gt(tt_blocks_spilled(&blocks, last), (RECORDS - 10) * RECORD);
    char *loaded = tt_mem_alloc(tt_blocks_spilled(&blocks, last));
    ck_assert_int_eq(tt_blocks_load(&blocks, last, loaded, &fault), TT_OK);
    int read = 0;
    for (size_t b = 0; b < blocks.partitions[last].count; b++) {
        const struct tt_block *block = &blocks.partitions[last].blocks[b];
        for (uint32_t at = 0; at < block->used; at += RECORD, read++) {
            memset(record, (int)last + read, sizeof record);
            ck_assert_mem_eq(block->data + at, record, RECORD);
        }
    }
    ck_assert_int_eq(read, RECORDS);
    tt_mem_free(loaded);
    tt_blocks_done(&blocks);
}
TT_END

TT_SUITE("replay/blocks", memory_ends_near_its_budget_whatever_the_order_in_which_partitions_grow)
