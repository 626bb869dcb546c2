#include "core/base/buf.h"

#include "core/base/digits.h"
#include "core/base/mem.h"
#include <stdio.h>

static _Thread_local uint64_t out_of_memory;

uint64_t tt_buf_failures(void)
{
    return out_of_memory;
}

void tt_buf_init(struct tt_buf *buf, size_t max_bytes)
{
    *buf = (struct tt_buf){.max = max_bytes};
}

void tt_buf_done(struct tt_buf *buf)
{
    tt_mem_free(buf->data);
    *buf = (struct tt_buf){.max = buf->max};
}

void tt_buf_clear(struct tt_buf *buf)
{
    buf->len = 0;
    buf->err = TT_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

char *tt_buf_grow(struct tt_buf *buf, size_t len)
{
    if (buf->err != TT_OK)
        return NULL;
    size_t need;
    if (__builtin_add_overflow(buf->len, len, &need) || need == SIZE_MAX ||
        (buf->max != 0 && need > buf->max)) {
        buf->err = TT_ERR_LIMIT;
        return NULL;
    }
    if (tt_mem_reserve((void **)&buf->data, &buf->capacity, need + 1, 1) != TT_OK) {
        buf->err = TT_ERR_NO_MEMORY;
        out_of_memory++;
        return NULL;
    }
    /* What tt_mem_reserve gave beyond the maximum stays unused: whatever fits the capacity may be
     * added without another look at the maximum. */
    if (buf->max != 0 && buf->capacity - 1 > buf->max)
        buf->capacity = buf->max + 1;
    buf->data[buf->len] = '\0'; /* new memory, in which nothing may come to stand */
    return buf->data + buf->len;
}

void tt_buf_add_uint(struct tt_buf *buf, uint64_t value)
{
    char digits[TT_DIGITS_MAX];
    tt_buf_add(buf, digits, (size_t)(tt_digits_put_uint(digits, value) - digits));
}

void tt_buf_add_int(struct tt_buf *buf, int64_t value)
{
    char digits[TT_DIGITS_MAX];
    tt_buf_add(buf, digits, (size_t)(tt_digits_put_int(digits, value) - digits));
}

void tt_buf_addf(struct tt_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *at = len < 0 ? NULL : tt_buf_reserve(buf, (size_t)len);
    if (at != NULL) {
        vsnprintf(at, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

struct tt_str tt_buf_str(const struct tt_buf *buf)
{
    return (struct tt_str){buf->data == NULL ? "" : buf->data, buf->len};
}
