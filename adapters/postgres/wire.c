#include "adapters/postgres/wire.h"

#include "core/base/time.h"
#include <endian.h>
#include <string.h>

void tt_wire_init(struct tt_wire *wire)
{
    *wire = (struct tt_wire){0};
    tt_buf_init(&wire->buf, 0);
}

void tt_wire_done(struct tt_wire *wire)
{
    tt_buf_done(&wire->buf);
}

/* ---- Numbers in network order */

static void put4(char *at, uint32_t value)
{
    uint32_t raw = htobe32(value);
    memcpy(at, &raw, sizeof raw);
}

static void add4(struct tt_wire *wire, uint32_t value)
{
    char *at = tt_buf_reserve(&wire->buf, 4);
    if (at == NULL)
        return;
    put4(at, value);
    wire->buf.len += 4;
}

/* Room for a field of so many bytes, behind its type and length. NULL without memory. */
static char *field(struct tt_wire *wire, uint32_t type, size_t len)
{
    size_t head = wire->typed ? 8 : 4;
    char *at = tt_buf_reserve(&wire->buf, head + len);
    wire->count += wire->is_array && !wire->typed;
    if (at == NULL)
        return NULL;
    if (wire->typed)
        put4(at, type);
    put4(at + head - 4, (uint32_t)len);
    wire->buf.len += head + len;
    return at + head;
}

/* ---- Frames */

enum { ARRAY_HEAD_BYTES = 20, COUNT_AT = 12 };

static void begin_array(struct tt_wire *wire, uint32_t type)
{
    tt_buf_clear(&wire->buf);
    wire->is_array = true;
    wire->count = 0;
    add4(wire, 1); /* dimensions */
    add4(wire, 1); /* there may be NULLs */
    add4(wire, type);
    add4(wire, 0); /* how many: said at the end */
    add4(wire, 1); /* the first one's number */
}

void tt_wire_list(struct tt_wire *wire, uint32_t type)
{
    begin_array(wire, type);
    wire->typed = false;
}

void tt_wire_rows(struct tt_wire *wire, uint32_t type)
{
    begin_array(wire, type);
    wire->typed = true;
}

void tt_wire_copy(struct tt_wire *wire)
{
    static const char head[] =
        "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* signature, flags, no extension */
    tt_buf_clear(&wire->buf);
    wire->is_array = wire->typed = false;
    tt_buf_add(&wire->buf, head, 19);
}

void tt_wire_row(struct tt_wire *wire, int fields)
{
    if (!wire->is_array) {
        uint16_t raw = htobe16((uint16_t)fields);
        tt_buf_add(&wire->buf, &raw, sizeof raw);
        return;
    }
    wire->row_at = wire->buf.len;
    wire->count++;
    add4(wire, 0); /* bytes: said at its end */
    add4(wire, (uint32_t)fields);
}

void tt_wire_row_end(struct tt_wire *wire)
{
    if (wire->is_array && wire->buf.err == TT_OK)
        put4(wire->buf.data + wire->row_at, (uint32_t)(wire->buf.len - wire->row_at - 4));
}

struct tt_pg_param tt_wire_end(struct tt_wire *wire)
{
    if (wire->is_array && wire->buf.err == TT_OK)
        put4(wire->buf.data + COUNT_AT, wire->count);
    if (!wire->is_array)
        tt_buf_add(&wire->buf, "\377\377", 2);
    return (struct tt_pg_param){wire->buf.data, wire->buf.len};
}

/* ---- Fields */

void tt_wire_null(struct tt_wire *wire, uint32_t type)
{
    char *at = field(wire, type, 0);
    if (at != NULL)
        put4(at - 4, UINT32_MAX);
}

void tt_wire_text(struct tt_wire *wire, struct tt_str text)
{
    if (text.ptr == NULL) {
        tt_wire_null(wire, TT_WIRE_TEXT);
        return;
    }
    char *at = field(wire, TT_WIRE_TEXT, text.len);
    if (at != NULL && text.len > 0)
        memcpy(at, text.ptr, text.len);
}

static void add8(struct tt_wire *wire, uint32_t type, int64_t value)
{
    uint64_t raw = htobe64((uint64_t)value);
    char *at = field(wire, type, sizeof raw);
    if (at != NULL)
        memcpy(at, &raw, sizeof raw);
}

void tt_wire_int8(struct tt_wire *wire, int64_t value)
{
    add8(wire, TT_WIRE_INT8, value);
}

void tt_wire_int4(struct tt_wire *wire, int32_t value)
{
    char *at = field(wire, TT_WIRE_INT4, 4);
    if (at != NULL)
        put4(at, (uint32_t)value);
}

void tt_wire_int2(struct tt_wire *wire, int value)
{
    uint16_t raw = htobe16((uint16_t)value);
    char *at = field(wire, TT_WIRE_INT2, sizeof raw);
    if (at != NULL)
        memcpy(at, &raw, sizeof raw);
}

void tt_wire_time(struct tt_wire *wire, int64_t us)
{
    if (us == TT_TIME_NONE)
        tt_wire_null(wire, TT_WIRE_TIME);
    else
        add8(wire, TT_WIRE_TIME, us - TT_WIRE_2000_US);
}

void tt_wire_seq(struct tt_wire *wire, bool has, int64_t value)
{
    if (has)
        tt_wire_int8(wire, value);
    else
        tt_wire_null(wire, TT_WIRE_INT8);
}
