#include "core/model/task_key.h"

#include "core/base/assert.h"
#include "core/base/limits.h"

uint16_t tt_crc16(struct tt_str bytes, uint16_t crc)
{
    for (size_t i = 0; i < bytes.len; i++) {
        crc = (uint16_t)(crc ^ (unsigned)(unsigned char)bytes.ptr[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (unsigned)crc << 1 ^ 0x1021 : (unsigned)crc << 1);
    }
    return crc;
}

unsigned tt_task_partition(struct tt_str tenant, struct tt_str task_id, unsigned partitions)
{
    tt_assert(partitions >= 1 && partitions <= TT_PARTITIONS_MAX);
    return tt_crc16(task_id, tt_crc16(TT_STR("/"), tt_crc16(tenant, 0))) % partitions;
}
