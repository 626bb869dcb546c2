/* A part of a report, in a form that can be put together with the others: the tasks of one shard,
 * with everything they add to the whole, as bytes.
 *
 * A shard is a share of the tasks, by a hash of tenant and id; every event of the input is fed to
 * each shard's pass all the same, since arrival is counted over all. What the shards of one input
 * give, put together in any order, makes the report of the whole, byte for byte: counts add up, and
 * values of which quantiles are wanted travel with them.
 *
 *   tt_pass_create with shard and shards -> feeders -> tt_pass_export           (each shard)
 *   tt_pass_create -> tt_pass_import for each -> tt_pass_finish -> report       (the whole)
 *
 * The bytes carry a version, a checksum, and what the shard was judged by; only shards of the same
 * program, rules and number go together. Threads: one.
 */
#ifndef TT_REPLAY_SHARD_H
#define TT_REPLAY_SHARD_H

#include "core/base/buf.h"
#include "replay/pass.h"

enum { TT_SHARDS_MAX = 64 };

/* Instead of tt_pass_finish: judges the shard's tasks and appends them to buf. `subject` says what
 * was read. Errors: those of finish; LIMIT: the buffer's maximum. */
enum tt_err tt_pass_export(struct tt_pass *pass, struct tt_str subject, struct tt_buf *buf,
                           struct tt_fault *fault) TT_MUST_CHECK;

/* Instead of feeding: takes over what a shard gave; the bytes may go afterwards. tt_pass_finish
 * then wants all shards to have come (INVALID). Errors: CORRUPT (no shard, or damaged), UNSUPPORTED
 * (another version), INVALID (a shard twice, or of another report), NO_MEMORY. */
enum tt_err tt_pass_import(struct tt_pass *pass, struct tt_str bytes,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* What the imported shards read; absent before. Owned by the pass. */
struct tt_str tt_pass_subject(const struct tt_pass *pass);

#endif
