/* A growing byte buffer, born with its maximum. */
#ifndef TT_BASE_BUF_H
#define TT_BASE_BUF_H

#include "core/base/err.h"
#include "core/base/str.h"

/* The first failure (out of memory, over the maximum) sticks in `err`: writers may append without
 * checking each call and look once at the end. The content after a failure is a prefix. */
struct tt_buf {
    char *data; /* owned; NULL until the first byte; always NUL-terminated when not NULL */
    size_t len;
    size_t capacity;
    size_t max;      /* bytes, the NUL not counted; 0 = unbounded */
    enum tt_err err; /* TT_OK, NO_MEMORY or LIMIT */
};

void tt_buf_init(struct tt_buf *buf, size_t max_bytes);
void tt_buf_done(struct tt_buf *buf);
/* Empties it, keeps the memory, forgets the failure. */
void tt_buf_clear(struct tt_buf *buf);
static inline void tt_buf_add(struct tt_buf *buf, const void *bytes, size_t len);
static inline void tt_buf_add_str(struct tt_buf *buf, struct tt_str text);
static inline void tt_buf_add_text(struct tt_buf *buf, const char *text);
static inline void tt_buf_add_char(struct tt_buf *buf, char c);
void tt_buf_add_int(struct tt_buf *buf, int64_t value);
void tt_buf_add_uint(struct tt_buf *buf, uint64_t value);
void tt_buf_addf(struct tt_buf *buf, const char *fmt, ...) TT_PRINTF(2, 3);
/* Room for `len` more bytes; the caller writes them and adds to buf->len. NULL on failure. */
static inline char *tt_buf_reserve(struct tt_buf *buf, size_t len) TT_MUST_CHECK;
/* How many buffers of this thread have run out of memory so far. For who puts a text together from
 * many small ones and looks once, at the end. */
uint64_t tt_buf_failures(void);
struct tt_str tt_buf_str(const struct tt_buf *buf);

/* tt_buf_reserve where the memory in hand does not suffice. */
char *tt_buf_grow(struct tt_buf *buf, size_t len) TT_MUST_CHECK;

static inline char *tt_buf_reserve(struct tt_buf *buf, size_t len)
{
    if (__builtin_expect(buf->err == TT_OK && buf->capacity - buf->len > len, 1))
        return buf->data + buf->len;
    return tt_buf_grow(buf, len);
}

static inline void tt_buf_add(struct tt_buf *buf, const void *bytes, size_t len)
{
    char *at = tt_buf_reserve(buf, len);
    if (at == NULL)
        return;
    if (len > 0)
        memcpy(at, bytes, len);
    at[len] = '\0';
    buf->len += len;
}

static inline void tt_buf_add_str(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add(buf, text.ptr, text.len);
}

static inline void tt_buf_add_text(struct tt_buf *buf, const char *text)
{
    tt_buf_add(buf, text, strlen(text));
}

static inline void tt_buf_add_char(struct tt_buf *buf, char c)
{
    tt_buf_add(buf, &c, 1);
}

#endif
