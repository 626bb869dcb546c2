#include "replay/shard.h"

#include "core/base/assert.h"
#include "replay/shard_parts.h"
#include <string.h>

static const char magic[8] = {'t', 't', 's', 'h', 'a', 'r', 'd', '1'};
enum { CHECKSUM_BYTES = 8, COLLECTORS_MAX = 1024 };

/* What all shards of one report have in common. */
struct head {
    struct tt_str program; /* its version */
    uint64_t hashes;       /* how it hashes tasks: which of them are in a shard */
    unsigned shard, shards;
    uint64_t rules;
    bool has_lifecycle, from_store;
    int64_t now_us;
    struct tt_str subject;
};

static void io_head(struct tt_shard_io *io, struct head *head)
{
    tt_io_text(io, &head->program);
    tt_io_u64(io, &head->hashes);
    tt_io_small(io, &head->shard, TT_SHARDS_MAX - 1);
    tt_io_small(io, &head->shards, TT_SHARDS_MAX);
    tt_io_u64(io, &head->rules);
    tt_io_flag(io, &head->has_lifecycle);
    tt_io_flag(io, &head->from_store);
    tt_io_i64(io, &head->now_us);
    tt_io_text(io, &head->subject);
}

static uint64_t rules_of(const struct tt_pass_options *options)
{
    const uint64_t parts[] = {options->rules_digest, options->ties_by_arrival,
                              options->apply_by_arrival, (uint64_t)options->max_future_us};
    return tt_str_hash((struct tt_str){(const char *)parts, sizeof parts}, 1);
}

static uint64_t sample_hash(void)
{
    return tt_rec_hash(TT_STR("a tenant of some length"), TT_STR("a task of some length"));
}

static void put_checksum(struct tt_buf *buf, size_t from)
{
    uint64_t sum = tt_str_hash((struct tt_str){buf->data + from, buf->len - from}, 0);
    char bytes[CHECKSUM_BYTES];
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        bytes[i] = (char)(sum >> 8 * i);
    tt_buf_add(buf, bytes, sizeof bytes);
}

static bool has_checksum(struct tt_str bytes)
{
    size_t len = bytes.len - CHECKSUM_BYTES;
    uint64_t sum = 0;
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        sum |= (uint64_t)(unsigned char)bytes.ptr[len + (size_t)i] << 8 * i;
    return sum == tt_str_hash((struct tt_str){bytes.ptr, len}, 0);
}

/* ---- Writing */

static enum tt_err write_all(struct tt_pass *pass, struct tt_str subject, struct tt_buf *buf)
{
    const struct tt_pass_options *options = &pass->options;
    struct tt_shard_io io;
    size_t count = pass->collector_count, from = buf->len;
    struct head head = {
        .program = TT_STR(TT_VERSION),
        .hashes = sample_hash(),
        .shard = options->shard,
        .shards = options->shards == 0 ? 1 : options->shards,
        .rules = rules_of(options),
        .has_lifecycle = options->lifecycles != NULL,
        .from_store = options->from_store,
        .now_us = options->now_us,
        .subject = subject,
    };
    enum tt_err err = tt_shard_io_write(&io, buf);
    tt_buf_add(buf, magic, sizeof magic);
    if (err == TT_OK) {
        io_head(&io, &head);
        tt_io_count(&io, &count);
        for (size_t c = 0; c < count && io.err == TT_OK; c++)
            tt_shard_io_collector(&io, &pass->collectors[c], &pass->names);
        err = io.err;
    }
    if (err == TT_OK)
        put_checksum(buf, from);
    tt_shard_io_done(&io);
    return err != TT_OK ? err : buf->err;
}

enum tt_err tt_pass_export(struct tt_pass *pass, struct tt_str subject, struct tt_buf *buf,
                           struct tt_fault *fault)
{
    tt_assert(pass->imported.shards == 0);
    enum tt_err err = tt_pass_judge(pass, fault);
    if (err != TT_OK)
        return err;
    err = write_all(pass, subject, buf);
    return err == TT_ERR_LIMIT
               ? tt_fault_set(fault, err, "the result is larger than %zu bytes", buf->max)
           : err == TT_OK ? TT_OK
                          : tt_fault_set(fault, err, "out of memory");
}

/* ---- Reading */

static enum tt_err take_head(struct tt_pass *pass, const struct head *head, struct tt_fault *fault)
{
    struct tt_imported *all = &pass->imported;
    if (!tt_str_equal(head->program, TT_STR(TT_VERSION)) || head->hashes != sample_hash())
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "made by tasktrail %.*s, this is %s: shards go together within one "
                            "version",
                            TT_STR_ARGS(head->program), TT_VERSION);
    if (head->shards == 0 || head->shard >= head->shards)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "shard: damaged");
    if (all->shards != 0 && (all->shards != head->shards || all->rules != head->rules ||
                             all->has_lifecycle != head->has_lifecycle ||
                             all->from_store != head->from_store || all->now_us != head->now_us))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "shard %u of %u was judged by other rules than the first, or is one of "
                            "another number of shards",
                            head->shard + 1, head->shards);
    if ((all->seen >> head->shard & 1) != 0)
        return tt_fault_set(fault, TT_ERR_INVALID, "shard %u of %u comes twice", head->shard + 1,
                            head->shards);
    if (all->shards == 0) {
        char *subject = tt_arena_copy(&pass->picture_arena, head->subject.ptr, head->subject.len);
        if (subject == NULL)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        all->subject = (struct tt_str){subject, head->subject.len};
    }
    all->shards = head->shards;
    all->rules = head->rules;
    all->has_lifecycle = head->has_lifecycle;
    all->from_store = head->from_store;
    all->now_us = head->now_us;
    all->seen |= UINT64_C(1) << head->shard;
    return TT_OK;
}

static enum tt_err add_collector(struct tt_pass *pass, struct tt_shard_io *io)
{
    if (tt_mem_reserve((void **)&pass->collectors, &pass->collector_capacity,
                       pass->collector_count + 1, sizeof *pass->collectors) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_collector *collector = &pass->collectors[pass->collector_count++];
    tt_collector_init(collector);
    io->arena = &collector->arena;
    tt_shard_io_collector(io, collector, &pass->names);
    return io->err;
}

static enum tt_err read_all(struct tt_pass *pass, struct tt_shard_io *io, struct tt_fault *fault)
{
    struct head head = {0};
    size_t count = 0;
    io_head(io, &head);
    tt_io_count(io, &count);
    if (io->err == TT_OK && (count > COLLECTORS_MAX || head.subject.ptr == NULL))
        io->err = TT_ERR_CORRUPT;
    enum tt_err err = io->err == TT_OK ? take_head(pass, &head, fault) : io->err;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = add_collector(pass, io);
    if (err == TT_OK && io->at != io->end)
        err = TT_ERR_CORRUPT;
    return err;
}

enum tt_err tt_pass_import(struct tt_pass *pass, struct tt_str bytes, struct tt_fault *fault)
{
    struct tt_shard_io io;
    if (bytes.len < sizeof magic + CHECKSUM_BYTES || memcmp(bytes.ptr, magic, sizeof magic) != 0)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "is no shard of a report");
    if (!has_checksum(bytes))
        return tt_fault_set(fault, TT_ERR_CORRUPT, "shard: damaged");
    const struct tt_str body = {bytes.ptr + sizeof magic,
                                bytes.len - sizeof magic - CHECKSUM_BYTES};
    /* Texts that repeat are shared by collectors: they live with the pass. */
    tt_shard_io_read(&io, body, &pass->picture_arena);
    enum tt_err err = read_all(pass, &io, fault);
    tt_shard_io_done(&io);
    if (err == TT_ERR_CORRUPT)
        return tt_fault_set(fault, err, "shard: damaged");
    return err == TT_ERR_NO_MEMORY ? tt_fault_set(fault, err, "out of memory") : err;
}

struct tt_str tt_pass_subject(const struct tt_pass *pass)
{
    return pass->imported.subject;
}

enum tt_err tt_pass_all_imported(const struct tt_pass *pass, struct tt_fault *fault)
{
    for (unsigned i = 0; i < pass->imported.shards; i++)
        if ((pass->imported.seen >> i & 1) == 0)
            return tt_fault_set(fault, TT_ERR_INVALID, "shard %u of %u is missing", i + 1,
                                pass->imported.shards);
    return TT_OK;
}
