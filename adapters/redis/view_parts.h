/* Inside of the view: view.c (life), view_status.c, view_letters.c. */
#ifndef TT_ADAPTERS_REDIS_VIEW_PARTS_H
#define TT_ADAPTERS_REDIS_VIEW_PARTS_H

#include "adapters/redis/conn.h"
#include "adapters/redis/keys.h"
#include "adapters/redis/view.h"

enum tt_view_script { TT_VIEW_STATUS, TT_VIEW_UNBURY, TT_VIEW_SCRIPT_COUNT };

struct tt_redis_view {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    unsigned partition_count;
    struct tt_fleet_partition *partitions;
    struct tt_fleet_worker *workers;
    size_t worker_capacity;
};

#endif
