/* Six bits a character for texts of '-' to 'l' alone: digits, capitals, hexadecimal, '-', '_', '.',
 * ':'. That is UUIDs, ULIDs, numbers. Eight characters at a time, in one register. */
#ifndef TT_REPLAY_PACK_H
#define TT_REPLAY_PACK_H

#include "core/base/str_quick.h"

static inline size_t tt_packed_bytes(size_t len)
{
    return (len * 6 + 7) / 8;
}

/* Writes up to 7 bytes more than tt_packed_bytes. False: the text is of another kind, and what was
 * written means nothing. */
static inline bool tt_pack(struct tt_str text, char *to)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t wrong = 0;
    for (size_t at = 0; at < text.len; at += 8) {
        uint64_t eight = ones * '-';
        if (text.len - at >= 8)
            eight = tt_str_read64(text.ptr + at);
        else
            memcpy(&eight, text.ptr + at, text.len - at);
        uint64_t value = (eight | high) - ones * '-';
        wrong |= (eight & high) | (~value & high) | (value & ones * 0x40);
        value &= ones * 0x3f;
        value =
            (value & UINT64_C(0x003f003f003f003f)) | (value & UINT64_C(0x3f003f003f003f00)) >> 2;
        value =
            (value & UINT64_C(0x00000fff00000fff)) | (value & UINT64_C(0x0fff00000fff0000)) >> 4;
        value = (value & UINT64_C(0xffffff)) | (value >> 32 & UINT64_C(0xffffff)) << 24;
        memcpy(to, &value, 8);
        to += 6;
    }
    return wrong == 0;
}

/* The same for a text of at most 32 bytes, where 32 may be read and written; only on machines that
 * may. */
bool tt_pack_at_once(struct tt_str text, char *to);
static inline bool tt_pack_may_at_once(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

/* Writes up to 7 bytes more than len. */
static inline void tt_unpack(const char *from, size_t len, char *to)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (size_t at = 0; at < len; at += 8) {
        size_t bytes = len - at >= 8 ? 6 : tt_packed_bytes(len - at);
        uint64_t value = 0;
        memcpy(&value, from, bytes);
        value = (value & UINT64_C(0xffffff)) | (value >> 24 & UINT64_C(0xffffff)) << 32;
        value = (value & UINT64_C(0x00000fff00000fff)) | (value & UINT64_C(0x00fff00000fff000))
                                                             << 4;
        value = (value & UINT64_C(0x003f003f003f003f)) | (value & UINT64_C(0x0fc00fc00fc00fc0))
                                                             << 2;
        value += ones * '-';
        memcpy(to + at, &value, 8);
        from += 6;
    }
}

#endif
