/* Inside of shards: shard.c (a pass's whole result), shard_collector.c (what one thread found),
 * shard_finding.c, shard_io.c (values). */
#ifndef TT_REPLAY_SHARD_PARTS_H
#define TT_REPLAY_SHARD_PARTS_H

#include "replay/pass_parts.h"
#include "replay/shard_io.h"

void tt_shard_io_finding(struct tt_shard_io *io, struct tt_finding *finding);
/* Reading: the collector is empty; statuses of its stories are interned in names. */
void tt_shard_io_collector(struct tt_shard_io *io, struct tt_collector *collector,
                           struct tt_intern *names);

#endif
