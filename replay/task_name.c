#include "replay/task_name.h"

#include "replay/leb.h"
#include <endian.h>

enum { NO_TIME_BYTES_SHIFT = 3 };
#define FAR_TIME_US INT64_MAX /* no ULID's time is near to it */

void tt_dictionary_init(struct tt_dictionary *dictionary)
{
    tt_words_init(&dictionary->tenants);
    tt_words_init(&dictionary->beginnings);
}

void tt_dictionary_done(struct tt_dictionary *dictionary)
{
    tt_words_done(&dictionary->tenants);
    tt_words_done(&dictionary->beginnings);
}

/* ---- Writing ---- */

static char *put_tenant(char *at, struct tt_namer *namer, struct tt_str tenant, bool roomy)
{
    unsigned number = tt_word_number(&namer->dictionary->tenants, &namer->tenants, tenant, roomy);
    if (number != TT_WORD_NONE) {
        *at++ = (char)(number + 1);
        return at;
    }
    *at++ = 0;
    at = tt_leb_put(at, tenant.len);
    memcpy(at, tenant.ptr, tenant.len);
    return at + tenant.len;
}

/* The number that eight digits are, the first in the low byte; UINT64_MAX where not all are digits.
 */
static inline uint64_t eight_digits(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    if ((((word & ones * 0xf0) ^ ones * '0') | (((word + ones * 6) & ones * 0xf0) ^ ones * '0')) !=
        0)
        return UINT64_MAX;
    word &= ones * 0x0f;
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
}

/* How many digits the text ends with, at most TT_NAME_DIGITS_MAX, and their number. */
static size_t digits_of(struct tt_str text, uint64_t *ret_number)
{
    enum { EIGHT = 8, EIGHT_WORTH = 100000000 };
    uint64_t number = 0, worth = 1;
    size_t count = 0;
    if (text.len >= EIGHT) {
        uint64_t last = eight_digits(le64toh(tt_str_read64(text.ptr + text.len - EIGHT)));
        if (last != UINT64_MAX) {
            number = last;
            worth = EIGHT_WORTH;
            count = EIGHT;
        }
    }
    for (const char *at = text.ptr + text.len - count;
         count < text.len && count < TT_NAME_DIGITS_MAX && at[-1] >= '0' && at[-1] <= '9'; at--) {
        number += worth * (uint64_t)(at[-1] - '0');
        worth *= 10;
        count++;
    }
    *ret_number = number;
    return count;
}

/* NULL: it is no word and digits. */
static char *put_numbered(char *at, struct tt_namer *namer, struct tt_str task_id, bool roomy)
{
    uint64_t value;
    size_t digits = digits_of(task_id, &value);
    if (digits == 0)
        return NULL;
    struct tt_str beginning = {task_id.ptr, task_id.len - digits};
    unsigned number =
        tt_word_number(&namer->dictionary->beginnings, &namer->beginnings, beginning, roomy);
    if (number == TT_WORD_NONE)
        return NULL;
    unsigned bytes = (unsigned)(71 - __builtin_clzll(value | 1)) / 8;
    *at++ = TT_NAME_NUMBERED;
    *at++ = (char)number;
    *at++ = (char)(digits << NO_TIME_BYTES_SHIFT | (bytes - 1));
    value = htole64(value);
    memcpy(at, &value, sizeof value);
    return at + bytes;
}

static char *put_task_id(char *at, struct tt_namer *namer, struct tt_str task_id, bool roomy)
{
    uint64_t code;
    if (task_id.len != TT_ULID_CHARS && task_id.len != TT_UUID_CHARS) {
        char *end = put_numbered(at, namer, task_id, roomy);
        if (end != NULL)
            return end;
    }
    /* Whatever the code will be, it takes as many bytes as this one. */
    code = (uint64_t)task_id.len << 1 | 1;
    char *end = tt_id_put(tt_leb_put(at, code), task_id, FAR_TIME_US, roomy, &code);
    tt_leb_put(at, code);
    return end;
}

char *tt_name_put(char *at, struct tt_namer *namer, struct tt_str tenant, struct tt_str task_id,
                  bool roomy)
{
    return put_task_id(put_tenant(at, namer, tenant, roomy), namer, task_id, roomy);
}

/* ---- Reading ---- */

static const char *behind_tenant(const char *at)
{
    uint64_t len;
    if (*at != 0)
        return at + 1;
    at = tt_leb_take(at + 1, &len);
    return at + len;
}

const char *tt_name_end(const char *at)
{
    uint64_t code;
    at = tt_leb_take(behind_tenant(at), &code);
    if (code == TT_NAME_NUMBERED)
        return at + 3 + (at[1] & 7);
    return at + tt_id_bytes((uint32_t)code);
}

struct tt_str tt_name_tenant(const char *name, const struct tt_dictionary *dictionary)
{
    uint64_t len;
    if (*name != 0)
        return tt_word_text(&dictionary->tenants, (unsigned)(unsigned char)*name - 1);
    const char *text = tt_leb_take(name + 1, &len);
    return (struct tt_str){text, len};
}

size_t tt_name_task_chars(const char *name, const struct tt_dictionary *dictionary)
{
    uint64_t code;
    const char *at = tt_leb_take(behind_tenant(name), &code);
    if (code != TT_NAME_NUMBERED)
        return tt_id_chars((uint32_t)code);
    return tt_word_text(&dictionary->beginnings, (unsigned char)*at).len +
           ((unsigned char)at[1] >> NO_TIME_BYTES_SHIFT);
}

void tt_name_task_id(const char *name, const struct tt_dictionary *dictionary, char *to)
{
    uint64_t code, value = 0;
    const char *at = tt_leb_take(behind_tenant(name), &code);
    if (code != TT_NAME_NUMBERED) {
        const struct tt_id id = {at + tt_id_bytes((uint32_t)code), FAR_TIME_US, (uint32_t)code};
        tt_id_text(&id, to);
        return;
    }
    struct tt_str beginning = tt_word_text(&dictionary->beginnings, (unsigned char)*at);
    memcpy(to, beginning.ptr, beginning.len);
    memcpy(&value, at + 2, 1 + (size_t)(at[1] & 7));
    value = le64toh(value);
    for (size_t i = (unsigned char)at[1] >> NO_TIME_BYTES_SHIFT; i-- > 0; value /= 10)
        to[beginning.len + i] = (char)('0' + value % 10);
}
