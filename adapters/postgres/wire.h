/* Rows in PostgreSQL's binary form, for COPY and as arrays, one buffer each that is used again.
 * Inside adapters/postgres only. Threads: one.
 *
 * Errors stick in buf.err: write, and look once at the end. */
#ifndef TT_ADAPTERS_POSTGRES_WIRE_H
#define TT_ADAPTERS_POSTGRES_WIRE_H

#include "adapters/postgres/conn.h"
#include "core/base/buf.h"

#define TT_WIRE_2000_US INT64_C(946684800000000) /* 2000-01-01T00:00:00Z */

/* Types, by their fixed numbers (pg_type.dat). */
enum {
    TT_WIRE_INT8 = 20,
    TT_WIRE_INT2 = 21,
    TT_WIRE_INT4 = 23,
    TT_WIRE_TEXT = 25,
    TT_WIRE_TIME = 1184, /* TIMESTAMPTZ */
};

struct tt_wire {
    struct tt_buf buf;
    bool typed;     /* each field carries its type: in rows of an array */
    size_t row_at;  /* where the row in hand has its length */
    uint32_t count; /* elements so far */
    bool is_array;
};

void tt_wire_init(struct tt_wire *wire);
void tt_wire_done(struct tt_wire *wire);

/* Begins the input of COPY ... WITH (FORMAT binary); rows follow, then tt_wire_end. */
void tt_wire_copy(struct tt_wire *wire);
/* Begins an array of single values of a type; fields follow. */
void tt_wire_list(struct tt_wire *wire, uint32_t type);
/* Begins an array of rows of a type; rows follow. */
void tt_wire_rows(struct tt_wire *wire, uint32_t type);
/* A row of so many fields, between these two. */
void tt_wire_row(struct tt_wire *wire, int fields);
void tt_wire_row_end(struct tt_wire *wire);
/* Ends what was begun; gives it as a parameter, borrowed. */
struct tt_pg_param tt_wire_end(struct tt_wire *wire);

/* One field. In a list each is an element. */
void tt_wire_text(struct tt_wire *wire, struct tt_str text); /* absent: NULL */
void tt_wire_int8(struct tt_wire *wire, int64_t value);
void tt_wire_int4(struct tt_wire *wire, int32_t value);
void tt_wire_int2(struct tt_wire *wire, int value);
void tt_wire_time(struct tt_wire *wire, int64_t us); /* TT_TIME_NONE: NULL */
void tt_wire_null(struct tt_wire *wire, uint32_t type);
/* NULL where it has none. */
void tt_wire_seq(struct tt_wire *wire, bool has, int64_t value);

#endif
