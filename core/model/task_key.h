/* Which partition of the queue a task belongs to. Part of the contract with producers in any
 * language: CRC16/XMODEM (polynomial 0x1021, initial 0, the one Redis Cluster uses) of tenant '/'
 * task_id, modulo the number of partitions. */
#ifndef TT_MODEL_TASK_KEY_H
#define TT_MODEL_TASK_KEY_H

#include "core/base/str.h"

uint16_t tt_crc16(struct tt_str bytes, uint16_t crc);
/* partitions: 1 to TT_PARTITIONS_MAX. */
unsigned tt_task_partition(struct tt_str tenant, struct tt_str task_id, unsigned partitions);

#endif
