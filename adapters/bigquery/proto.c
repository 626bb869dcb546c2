#include "adapters/bigquery/proto.h"

enum { FIELD_MAX = (1 << 29) - 1, LENGTH_BYTES = 5 };

size_t tt_proto_varint_bytes(uint64_t value)
{
    size_t bytes = 1;
    for (; value >= 0x80; value >>= 7)
        bytes++;
    return bytes;
}

static size_t put_varint(char *at, uint64_t value)
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        at[len++] = (char)(value | 0x80);
    at[len++] = (char)value;
    return len;
}

void tt_proto_add_varint(struct tt_buf *buf, uint64_t value)
{
    char bytes[TT_PROTO_VARINT_BYTES_MAX];
    tt_buf_add(buf, bytes, put_varint(bytes, value));
}

static void add_key(struct tt_buf *buf, unsigned field, enum tt_proto_wire wire)
{
    tt_proto_add_varint(buf, (uint64_t)field << 3 | wire);
}

void tt_proto_add_uint(struct tt_buf *buf, unsigned field, uint64_t value)
{
    add_key(buf, field, TT_PROTO_VARINT);
    tt_proto_add_varint(buf, value);
}

void tt_proto_add_head(struct tt_buf *buf, unsigned field, size_t bytes)
{
    add_key(buf, field, TT_PROTO_BYTES);
    tt_proto_add_varint(buf, bytes);
}

void tt_proto_add_text(struct tt_buf *buf, unsigned field, struct tt_str text)
{
    tt_proto_add_head(buf, field, text.len);
    tt_buf_add_str(buf, text);
}

size_t tt_proto_text_bytes(unsigned field, size_t bytes)
{
    return tt_proto_varint_bytes((uint64_t)field << 3) + tt_proto_varint_bytes(bytes) + bytes;
}

/* The length is known at the end alone: room for the longest is left, and closed up then. */
size_t tt_proto_begin(struct tt_buf *buf, unsigned field)
{
    static const char room[LENGTH_BYTES];
    add_key(buf, field, TT_PROTO_BYTES);
    tt_buf_add(buf, room, sizeof room);
    return buf->len;
}

void tt_proto_end(struct tt_buf *buf, size_t began)
{
    char length[TT_PROTO_VARINT_BYTES_MAX];
    if (buf->err != TT_OK)
        return;
    size_t bytes = buf->len - began, taken = put_varint(length, bytes);
    if (taken > LENGTH_BYTES) {
        buf->err = TT_ERR_LIMIT;
        return;
    }
    char *head = buf->data + began - LENGTH_BYTES;
    memcpy(head, length, taken);
    memmove(head + taken, buf->data + began, bytes);
    buf->len -= LENGTH_BYTES - taken;
    buf->data[buf->len] = '\0';
}

struct tt_proto tt_proto_read(struct tt_str message)
{
    return (struct tt_proto){.rest = message};
}

static bool take_varint(struct tt_str *rest, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < TT_PROTO_VARINT_BYTES_MAX && i < rest->len; i++) {
        unsigned char byte = (unsigned char)rest->ptr[i];
        if (i == TT_PROTO_VARINT_BYTES_MAX - 1 && byte > 1)
            return false; /* beyond 64 bits */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *rest = (struct tt_str){rest->ptr + i + 1, rest->len - i - 1};
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool take_fixed(struct tt_str *rest, unsigned bytes, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (rest->len < bytes)
        return false;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | (unsigned char)rest->ptr[i];
    *rest = (struct tt_str){rest->ptr + bytes, rest->len - bytes};
    *ret_value = value;
    return true;
}

static bool take_field(struct tt_str *rest, struct tt_proto_field *field)
{
    uint64_t key = 0, length = 0;
    if (!take_varint(rest, &key) || key >> 3 == 0 || key >> 3 > FIELD_MAX)
        return false;
    field->number = (unsigned)(key >> 3);
    switch (key & 7) {
    case TT_PROTO_VARINT: field->wire = TT_PROTO_VARINT; return take_varint(rest, &field->value);
    case TT_PROTO_FIXED64:
        field->wire = TT_PROTO_FIXED64;
        return take_fixed(rest, 8, &field->value);
    case TT_PROTO_FIXED32:
        field->wire = TT_PROTO_FIXED32;
        return take_fixed(rest, 4, &field->value);
    case TT_PROTO_BYTES:
        if (!take_varint(rest, &length) || length > rest->len)
            return false;
        field->wire = TT_PROTO_BYTES;
        field->bytes = (struct tt_str){rest->ptr, (size_t)length};
        *rest = (struct tt_str){rest->ptr + length, rest->len - (size_t)length};
        return true;
    default: /* groups, which nobody writes any more, and what is none at all */ return false;
    }
}

bool tt_proto_next(struct tt_proto *proto, struct tt_proto_field *ret_field)
{
    struct tt_proto_field field = {.bytes = TT_STR_NONE};
    if (proto->bad || proto->rest.len == 0)
        return false;
    if (!take_field(&proto->rest, &field)) {
        proto->bad = true;
        return false;
    }
    *ret_field = field;
    return true;
}
