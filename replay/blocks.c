/* Happy path: cut blocks from large slabs; a partition's first block is small, so that little input
 * takes little memory, later ones are large, so that writing stays sequential.
 *
 * Beyond the budget: the block that has just become full is written to the temporary file and its
 * memory is taken again for the next records of the same partition. Memory therefore stops growing,
 * whatever the input.
 *
 * Failure modes: the temporary folder is missing, read-only or full: an error with its name; the
 * file is unlinked from the start, so that nothing stays behind whatever happens. */
#include "replay/blocks.h"

#include "core/base/assert.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FIRST_BLOCK_BYTES = 2 * 1024,
    BLOCK_BYTES = 8 * 1024,
    FIRST_SLAB_BYTES = 256 * 1024,
    SLAB_BYTES = 8 * 1024 * 1024,
};

_Static_assert(TT_BLOCK_PARTITIONS == 1 << (64 - 55), "tt_block_partition takes the top 9 bits");

void tt_blocks_init(struct tt_blocks *blocks, struct tt_budget *budget)
{
    *blocks = (struct tt_blocks){.budget = budget, .fd = -1};
}

void tt_blocks_done(struct tt_blocks *blocks)
{
    for (size_t i = 0; i < blocks->slab_count; i++)
        tt_mem_free(blocks->slabs[i]);
    for (unsigned p = 0; p < TT_BLOCK_PARTITIONS; p++)
        tt_mem_free(blocks->partitions[p].blocks);
    tt_mem_free(blocks->slabs);
    if (blocks->fd >= 0)
        close(blocks->fd);
    *blocks = (struct tt_blocks){.fd = -1};
}

/* A new slab of at least `size` bytes; exactly that where the budget has no room for more, so that
 * nothing is left in it for other partitions to grow into. NO_SPACE without a fault: over the
 * budget. */
static enum tt_err add_slab(struct tt_blocks *blocks, size_t size, bool within_budget)
{
    size_t wanted = blocks->slab_count == 0 ? FIRST_SLAB_BYTES : SLAB_BYTES;
    size_t used = atomic_load(&blocks->budget->used), max = blocks->budget->max;
    if (wanted < size || used > max || wanted > max - used)
        wanted = size;
    if (within_budget && (used > max || wanted > max - used))
        return TT_ERR_NO_SPACE;
    if (tt_mem_reserve((void **)&blocks->slabs, &blocks->slab_capacity, blocks->slab_count + 1,
                       sizeof *blocks->slabs) != TT_OK)
        return TT_ERR_NO_MEMORY;
    char *slab = wanted % TT_MEM_HUGE_BYTES == 0 ? tt_mem_huge(wanted) : tt_mem_alloc(wanted);
    if (slab == NULL)
        return TT_ERR_NO_MEMORY;
    atomic_fetch_add(&blocks->budget->used, wanted);
    blocks->slabs[blocks->slab_count++] = slab;
    blocks->slab = slab;
    blocks->slab_size = wanted;
    blocks->slab_used = 0;
    return TT_OK;
}

static enum tt_err open_file(struct tt_blocks *blocks, struct tt_fault *fault)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/tasktrail-XXXXXX", blocks->budget->temp_dir);
    if (len < 0 || (size_t)len >= sizeof path)
        return tt_fault_set(fault, TT_ERR_INVALID, "temporary folder: name too long");
    blocks->fd = mkostemp(path, O_CLOEXEC);
    if (blocks->fd < 0)
        return tt_fault_errno(fault, errno == ENOENT ? TT_ERR_NOT_FOUND : TT_ERR_IO, errno,
                              "temporary folder %s", blocks->budget->temp_dir);
    unlink(path);
    return TT_OK;
}

static enum tt_err spill(struct tt_blocks *blocks, struct tt_block *block, struct tt_fault *fault)
{
    if (blocks->fd < 0) {
        enum tt_err err = open_file(blocks, fault);
        if (err != TT_OK)
            return err;
    }
    size_t done = 0;
    while (done < block->used) {
        ssize_t wrote = write(blocks->fd, block->data + done, block->used - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return tt_fault_errno(fault, errno == ENOSPC ? TT_ERR_NO_SPACE : TT_ERR_IO, errno,
                                  "temporary file in %s", blocks->budget->temp_dir);
        done += (size_t)wrote;
    }
    block->offset = blocks->file_bytes;
    block->data = NULL;
    block->is_spilled = true;
    blocks->file_bytes += done;
    return TT_OK;
}

/* The partition needs a block with room for `size`: from the slab, from a new slab, or, beyond the
 * budget, by spilling the block that is full. */
static enum tt_err open_block(struct tt_blocks *blocks, struct tt_block_list *list, size_t size,
                              struct tt_fault *fault)
{
    size_t wanted = list->count == 0 ? FIRST_BLOCK_BYTES : BLOCK_BYTES;
    if (wanted < size)
        wanted = size;
    if (tt_mem_reserve((void **)&list->blocks, &list->capacity, list->count + 1,
                       sizeof *list->blocks) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_block *full = list->count == 0 ? NULL : &list->blocks[list->count - 1];
    struct tt_block fresh = {.size = (uint32_t)wanted};
    enum tt_err err = TT_OK;
    if (blocks->slab_size - blocks->slab_used < wanted)
        err = add_slab(blocks, wanted, true);
    if (err == TT_ERR_NO_SPACE && full != NULL && full->size >= size) {
        char *memory = full->data;
        fresh.size = full->size;
        fresh.slab = full->slab;
        err = spill(blocks, full, fault);
        if (err != TT_OK)
            return err;
        fresh.data = memory;
    } else if (err == TT_ERR_NO_SPACE) {
        err = add_slab(blocks, wanted,
                       false); /* a first or an oversize block has nothing to take over */
    }
    if (err != TT_OK)
        return tt_fault_set(fault, err, "out of memory");
    if (fresh.data == NULL) {
        fresh.data = blocks->slab + blocks->slab_used;
        fresh.slab = (uint32_t)blocks->slab_count - 1;
        blocks->slab_used += wanted;
    }
    list->blocks[list->count++] = fresh;
    return TT_OK;
}

static void close_block(struct tt_blocks *blocks, unsigned partition)
{
    struct tt_block_list *list = &blocks->partitions[partition];
    if (list->count > 0)
        list->blocks[list->count - 1].used =
            (uint32_t)(blocks->open[partition].at - list->blocks[list->count - 1].data);
}

void tt_blocks_close(struct tt_blocks *blocks)
{
    for (unsigned p = 0; p < TT_BLOCK_PARTITIONS; p++)
        close_block(blocks, p);
}

char *tt_blocks_room_in_new(struct tt_blocks *blocks, unsigned partition, size_t bytes,
                            struct tt_fault *fault)
{
    struct tt_block_list *list = &blocks->partitions[partition];
    if (bytes > UINT32_MAX) {
        tt_fault_set(fault, TT_ERR_LIMIT, "an event of more than 4 GiB");
        return NULL;
    }
    close_block(blocks, partition);
    if (open_block(blocks, list, bytes, fault) != TT_OK)
        return NULL;
    struct tt_block *fresh = &list->blocks[list->count - 1];
    blocks->open[partition].at = fresh->data;
    blocks->open[partition].end = fresh->data + fresh->size;
    return fresh->data;
}

size_t tt_blocks_spilled(const struct tt_blocks *blocks, unsigned partition)
{
    const struct tt_block_list *list = &blocks->partitions[partition];
    size_t bytes = 0;
    for (size_t i = 0; i < list->count; i++)
        bytes += list->blocks[i].data == NULL ? list->blocks[i].used : 0;
    return bytes;
}

enum tt_err tt_blocks_load(struct tt_blocks *blocks, unsigned partition, char *at,
                           struct tt_fault *fault)
{
    struct tt_block_list *list = &blocks->partitions[partition];
    for (size_t i = 0; i < list->count; i++) {
        struct tt_block *block = &list->blocks[i];
        if (block->data != NULL)
            continue;
        size_t done = 0;
        while (done < block->used) {
            ssize_t got =
                pread(blocks->fd, at + done, block->used - done, (off_t)(block->offset + done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return tt_fault_errno(fault, TT_ERR_IO, got < 0 ? errno : EIO, "temporary file");
            done += (size_t)got;
        }
        block->data = at;
        at += block->used;
    }
    return TT_OK;
}

/* How many slabs are not spare. */
static size_t slabs_kept(const struct tt_blocks *blocks)
{
    return (blocks->slab_count + 1) / 2;
}

void tt_blocks_lend(struct tt_blocks *blocks, unsigned partition, struct tt_arena *arena)
{
    struct tt_block_list *list = &blocks->partitions[partition];
    for (size_t i = 0; i < list->count; i++)
        if (!list->blocks[i].is_spilled)
            tt_arena_lend(arena, list->blocks[i].data, list->blocks[i].size,
                          list->blocks[i].slab >= slabs_kept(blocks));
    list->count = 0;
}

void tt_blocks_trim(struct tt_blocks *blocks)
{
    size_t kept = slabs_kept(blocks);
    while (blocks->slab_count > kept)
        tt_mem_free(blocks->slabs[--blocks->slab_count]);
    blocks->slab = NULL;
    blocks->slab_used = blocks->slab_size = 0;
}
