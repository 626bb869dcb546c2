/* Bytes as text of 64 letters (RFC 4648). Threads: any. */
#ifndef TT_BASE_BASE64_H
#define TT_BASE_BASE64_H

#include "core/base/buf.h"

enum tt_base64_form {
    TT_BASE64,    /* + and /, padded with = (section 4) */
    TT_BASE64URL, /* - and _, not padded (section 5) */
};

/* Adds the text of the bytes. */
void tt_base64_add(struct tt_buf *to, const void *bytes, size_t len, enum tt_base64_form form);

#endif
