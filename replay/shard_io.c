#include "replay/shard_io.h"

#include <string.h>

enum tt_err tt_shard_io_write(struct tt_shard_io *io, struct tt_buf *out)
{
    *io = (struct tt_shard_io){.out = out};
    tt_intern_init(&io->names);
    io->cache = tt_mem_zalloc(sizeof *io->cache);
    return io->cache == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

void tt_shard_io_read(struct tt_shard_io *io, struct tt_str bytes, struct tt_arena *arena)
{
    *io = (struct tt_shard_io){.at = bytes.ptr, .end = bytes.ptr + bytes.len, .arena = arena};
    tt_intern_init(&io->names);
}

void tt_shard_io_done(struct tt_shard_io *io)
{
    tt_intern_done(&io->names);
    tt_mem_free(io->cache);
    tt_mem_free(io->known);
}

static void fail(struct tt_shard_io *io, enum tt_err err)
{
    if (io->err == TT_OK)
        io->err = err;
    io->at = io->end;
}

/* ---- Numbers */

static void put(struct tt_shard_io *io, uint64_t value)
{
    char bytes[10];
    size_t count = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[count++] = (char)(value | 0x80);
    bytes[count++] = (char)value;
    tt_buf_add(io->out, bytes, count);
    if (io->out->err != TT_OK)
        fail(io, io->out->err);
}

static uint64_t get(struct tt_shard_io *io)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && io->at < io->end; shift += 7) {
        uint64_t byte = (unsigned char)*io->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    fail(io, TT_ERR_CORRUPT);
    return 0;
}

void tt_io_u64(struct tt_shard_io *io, uint64_t *value)
{
    if (tt_io_reads(io))
        *value = get(io);
    else
        put(io, *value);
}

/* The sign goes to the lowest bit, so that small numbers are short. */
void tt_io_i64(struct tt_shard_io *io, int64_t *value)
{
    uint64_t raw = (uint64_t)*value << 1 ^ (*value < 0 ? UINT64_MAX : 0);
    tt_io_u64(io, &raw);
    if (tt_io_reads(io))
        *value = (int64_t)(raw >> 1 ^ ((raw & 1) != 0 ? UINT64_MAX : 0));
}

void tt_io_u32(struct tt_shard_io *io, uint32_t *value)
{
    uint64_t raw = *value;
    tt_io_u64(io, &raw);
    if (raw > UINT32_MAX)
        fail(io, TT_ERR_CORRUPT);
    if (tt_io_reads(io))
        *value = (uint32_t)raw;
}

void tt_io_small(struct tt_shard_io *io, unsigned *value, unsigned max)
{
    uint64_t raw = *value;
    tt_io_u64(io, &raw);
    if (raw > max) {
        fail(io, TT_ERR_CORRUPT);
        raw = 0;
    }
    if (tt_io_reads(io))
        *value = (unsigned)raw;
}

void tt_io_flag(struct tt_shard_io *io, bool *value)
{
    unsigned raw = *value;
    tt_io_small(io, &raw, 1);
    if (tt_io_reads(io))
        *value = raw == 1;
}

void tt_io_count(struct tt_shard_io *io, size_t *count)
{
    uint64_t raw = *count;
    tt_io_u64(io, &raw);
    if (!tt_io_reads(io))
        return;
    if (raw > (uint64_t)(io->end - io->at)) {
        fail(io, TT_ERR_CORRUPT);
        raw = 0;
    }
    *count = (size_t)raw;
}

void *tt_io_list(struct tt_shard_io *io, const void *list, size_t count, size_t bytes)
{
    if (!tt_io_reads(io))
        return (void *)(uintptr_t)list;
    if (io->err != TT_OK || count == 0)
        return NULL;
    void *room = tt_arena_alloc(io->arena, count * bytes);
    if (room == NULL)
        fail(io, TT_ERR_NO_MEMORY);
    else
        memset(room, 0, count * bytes);
    return room;
}

/* ---- Texts */

/* 0: absent; else its length and one. */
void tt_io_text(struct tt_shard_io *io, struct tt_str *text)
{
    uint64_t raw = text->ptr == NULL ? 0 : (uint64_t)text->len + 1;
    tt_io_u64(io, &raw);
    if (!tt_io_reads(io)) {
        tt_buf_add(io->out, text->ptr, text->ptr == NULL ? 0 : text->len);
        return;
    }
    *text = TT_STR_NONE;
    if (raw == 0)
        return;
    if (raw - 1 > (uint64_t)(io->end - io->at)) {
        fail(io, TT_ERR_CORRUPT);
        return;
    }
    text->len = (size_t)(raw - 1);
    text->ptr = tt_arena_copy(io->arena, io->at, text->len);
    io->at += text->len;
    if (text->ptr == NULL)
        fail(io, TT_ERR_NO_MEMORY);
}

/* 0: absent; else its number and one; the first time the text follows. */
static void put_name(struct tt_shard_io *io, struct tt_str text)
{
    uint32_t number = 0;
    size_t before = io->names.count;
    if (text.ptr == NULL) {
        put(io, 0);
    } else if (tt_intern_number(&io->names, io->cache, text, &number) != TT_OK) {
        fail(io, TT_ERR_NO_MEMORY);
    } else {
        put(io, (uint64_t)number + 1);
        if (number == before)
            tt_io_text(io, &text);
    }
}

static struct tt_str get_name(struct tt_shard_io *io)
{
    uint64_t number = get(io);
    if (number == 0 || io->err != TT_OK)
        return TT_STR_NONE;
    if (number <= io->known_count)
        return io->known[number - 1];
    struct tt_str text = TT_STR_NONE;
    if (number - 1 == io->known_count)
        tt_io_text(io, &text);
    if (text.ptr == NULL) {
        fail(io, TT_ERR_CORRUPT);
    } else if (tt_mem_reserve((void **)&io->known, &io->known_capacity, io->known_count + 1,
                              sizeof *io->known) != TT_OK) {
        fail(io, TT_ERR_NO_MEMORY);
        text = TT_STR_NONE;
    } else {
        io->known[io->known_count++] = text;
    }
    return text;
}

void tt_io_name(struct tt_shard_io *io, struct tt_str *text)
{
    if (tt_io_reads(io))
        *text = get_name(io);
    else
        put_name(io, *text);
}
