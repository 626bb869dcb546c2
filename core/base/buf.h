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
void tt_buf_add(struct tt_buf *buf, const void *bytes, size_t len);
void tt_buf_add_str(struct tt_buf *buf, struct tt_str text);
void tt_buf_add_text(struct tt_buf *buf, const char *text);
void tt_buf_add_char(struct tt_buf *buf, char c);
void tt_buf_add_int(struct tt_buf *buf, int64_t value);
void tt_buf_add_uint(struct tt_buf *buf, uint64_t value);
void tt_buf_addf(struct tt_buf *buf, const char *fmt, ...) TT_PRINTF(2, 3);
/* Room for `len` more bytes; the caller writes them and adds to buf->len. NULL on failure. */
char *tt_buf_reserve(struct tt_buf *buf, size_t len) TT_MUST_CHECK;
struct tt_str tt_buf_str(const struct tt_buf *buf);

#endif
