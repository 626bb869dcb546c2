/* One description of a shard's bytes for both directions: each function writes the value, or reads
 * it, as the io says. Numbers are little-endian base 128; texts that repeat are written once and
 * referred to by number. Inside replay/shard*.c only.
 *
 * The first failure sticks in err: NO_MEMORY, or CORRUPT for bytes that cannot be. Threads: one. */
#ifndef TT_REPLAY_SHARD_IO_H
#define TT_REPLAY_SHARD_IO_H

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "replay/intern.h"

struct tt_shard_io {
    struct tt_buf *out;     /* NULL: reading */
    const char *at, *end;   /* reading */
    struct tt_arena *arena; /* where texts and lists go that are read */
    struct tt_intern names; /* writing: the texts so far */
    struct tt_intern_cache *cache;
    struct tt_str *known; /* reading: likewise */
    size_t known_count, known_capacity;
    enum tt_err err;
};

enum tt_err tt_shard_io_write(struct tt_shard_io *io, struct tt_buf *out) TT_MUST_CHECK;
void tt_shard_io_read(struct tt_shard_io *io, struct tt_str bytes, struct tt_arena *arena);
void tt_shard_io_done(struct tt_shard_io *io);

static inline bool tt_io_reads(const struct tt_shard_io *io)
{
    return io->out == NULL;
}

void tt_io_u64(struct tt_shard_io *io, uint64_t *value);
void tt_io_i64(struct tt_shard_io *io, int64_t *value);
void tt_io_u32(struct tt_shard_io *io, uint32_t *value); /* CORRUPT above 32 bits */
void tt_io_flag(struct tt_shard_io *io, bool *value);
/* At most `max`. */
void tt_io_small(struct tt_shard_io *io, unsigned *value, unsigned max);
/* How many elements follow, each of at least one byte. */
void tt_io_count(struct tt_shard_io *io, size_t *count);
/* Texts may be absent. */
void tt_io_text(struct tt_shard_io *io, struct tt_str *text);
void tt_io_name(struct tt_shard_io *io, struct tt_str *text);

/* Reading: room for so many elements in the arena; writing: the list as it is. NULL after a failure
 * and for none. */
void *tt_io_list(struct tt_shard_io *io, const void *list, size_t count, size_t bytes);

#endif
