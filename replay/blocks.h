/* Blocks: the records one feeder wrote, split into partitions by the hash of their task, in memory
 * as long as the budget lasts and in an unlinked temporary file beyond it.
 *
 * Within one partition records keep the order in which they were added. Threads: each tt_blocks
 * belongs to one thread while it is filled; once all are filled, any thread may read any partition.
 */
#ifndef TT_REPLAY_BLOCKS_H
#define TT_REPLAY_BLOCKS_H

#include "core/base/err.h"
#include "core/base/mem.h"
#include "replay/record.h"
#include <stdatomic.h>

enum { TT_BLOCK_PARTITIONS = 512 };

/* Shared by all feeders of a pass. */
struct tt_budget {
    atomic_size_t used; /* bytes of slabs handed out */
    size_t max;         /* spill beyond this */
    const char *temp_dir;
};

struct tt_block {
    char *data;      /* NULL when spilled and not loaded */
    uint64_t offset; /* in the file, when spilled */
    uint32_t used;   /* bytes of whole records; of an open block, once it is closed */
    uint32_t size;
    uint32_t slab; /* number of the slab it was cut from */
    bool is_spilled;
};

struct tt_block_list {
    struct tt_block *blocks; /* oldest first; the last one is open */
    size_t count, capacity;
};

/* Where the next record of a partition goes, and what it refers to. One cache line. */
struct tt_block_open {
    char *at, *end;
    struct tt_rec_stream stream;
    uint64_t records; /* so far */
    uint64_t unused[2];
};
_Static_assert(sizeof(struct tt_block_open) == 64, "one cache line");

struct tt_blocks {
    struct tt_budget *budget;
    struct tt_block_open open[TT_BLOCK_PARTITIONS];
    struct tt_block_list partitions[TT_BLOCK_PARTITIONS];
    char *slab; /* the newest slab, cut into blocks */
    size_t slab_used, slab_size;
    void **slabs; /* all of them, for freeing */
    size_t slab_count, slab_capacity;
    int fd; /* temporary file, -1 before the first spill */
    uint64_t file_bytes;
};

static inline unsigned tt_block_partition(uint64_t hash)
{
    return (unsigned)(hash >> 55);
}

void tt_blocks_init(struct tt_blocks *blocks, struct tt_budget *budget);
void tt_blocks_done(struct tt_blocks *blocks);

/* tt_blocks_room where the open block is full. */
char *tt_blocks_room_in_new(struct tt_blocks *blocks, unsigned partition, size_t bytes,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* Room for a record of at most `bytes` in a partition; tt_blocks_used says at once where it ended.
 * NULL with the fault set: NO_MEMORY, LIMIT (4 GiB), or NO_SPACE / IO / DENIED / NOT_FOUND for the
 * temporary file. */
static inline char *tt_blocks_room(struct tt_blocks *blocks, unsigned partition, size_t bytes,
                                   struct tt_fault *fault)
{
    struct tt_block_open *open = &blocks->open[partition];
    if (__builtin_expect((size_t)(open->end - open->at) < bytes, 0))
        return tt_blocks_room_in_new(blocks, partition, bytes, fault);
    return open->at;
}
static inline void tt_blocks_used(struct tt_blocks *blocks, unsigned partition, char *end)
{
    blocks->open[partition].at = end;
}

/* Lends the memory of a partition's blocks, but for those that were spilled, to an arena, which
 * must not outlive `blocks`. The partition's records are gone then. What was cut from the later
 * half of the slabs is spare. */
void tt_blocks_lend(struct tt_blocks *blocks, unsigned partition, struct tt_arena *arena);
/* Frees what was spare, once all partitions were lent and no arena took or remembers it. */
void tt_blocks_trim(struct tt_blocks *blocks);

/* Once the last record is added: says in each partition's last block how much of it is used. */
void tt_blocks_close(struct tt_blocks *blocks);

/* Bytes of a partition that are in the file. */
size_t tt_blocks_spilled(const struct tt_blocks *blocks, unsigned partition);
/* Reads the spilled blocks of a partition to `at` (tt_blocks_spilled bytes), and makes them point
 * there. The caller keeps that memory until it is through with the partition. */
enum tt_err tt_blocks_load(struct tt_blocks *blocks, unsigned partition, char *at,
                           struct tt_fault *fault) TT_MUST_CHECK;

#endif
