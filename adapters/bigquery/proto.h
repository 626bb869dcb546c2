/* Protocol buffers, as far as a handful of small messages need them: a writer, and a reader that
 * walks a message field by field and never looks beyond its end.
 *
 * The reader takes any bytes. What it does not understand (groups, numbers that are too long, a
 * length beyond the end) makes the message bad, which ends the walk. Threads: any; values. */
#ifndef TT_ADAPTERS_BIGQUERY_PROTO_H
#define TT_ADAPTERS_BIGQUERY_PROTO_H

#include "core/base/buf.h"

enum { TT_PROTO_VARINT_BYTES_MAX = 10 };
enum tt_proto_wire { TT_PROTO_VARINT, TT_PROTO_FIXED64, TT_PROTO_BYTES, TT_PROTO_FIXED32 = 5 };

size_t tt_proto_varint_bytes(uint64_t value);
void tt_proto_add_varint(struct tt_buf *buf, uint64_t value);
/* Key and value. A negative number travels as its two's complement. */
void tt_proto_add_uint(struct tt_buf *buf, unsigned field, uint64_t value);
void tt_proto_add_text(struct tt_buf *buf, unsigned field, struct tt_str text);
/* Key and length of what the caller adds next: `bytes` bytes. */
void tt_proto_add_head(struct tt_buf *buf, unsigned field, size_t bytes);
/* Bytes that tt_proto_add_text of so many bytes takes. */
size_t tt_proto_text_bytes(unsigned field, size_t bytes);

/* A message within the message: what is added between the two. */
size_t tt_proto_begin(struct tt_buf *buf, unsigned field);
void tt_proto_end(struct tt_buf *buf, size_t began);

struct tt_proto {
    struct tt_str rest; /* not walked yet */
    bool bad;
};

struct tt_proto_field {
    unsigned number;
    enum tt_proto_wire wire;
    uint64_t value;      /* VARINT, FIXED64, FIXED32 */
    struct tt_str bytes; /* BYTES: borrowed */
};

struct tt_proto tt_proto_read(struct tt_str message);
/* False at the end, and when the message is bad. */
bool tt_proto_next(struct tt_proto *proto, struct tt_proto_field *ret_field);

#endif
