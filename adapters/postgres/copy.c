/* Rows by COPY, which asks the least of the server. They leave in pieces, so that the server writes
 * the first ones while the next are made.
 *
 * Failure modes: the server refuses a row: it says so at the end, and drops what comes until then.
 * A COPY that is never ended: rolling back ends it. */
#include "adapters/postgres/writer.h"

enum { PIECE_BYTES = 32 * 1024 };

/* COPY knows no pipelines: what is on its way comes first. */
enum tt_err tt_pg_writer_copy(struct tt_pg_writer *w, struct tt_wire *wire, enum tt_pg_sql which,
                              struct tt_fault *fault)
{
    enum tt_err err = w->sent > 0 ? tt_pg_writer_sync(w, NULL, "writing", fault) : TT_OK;
    if (err != TT_OK)
        return err;
    PGresult *result = PQexec(w->pg.conn, tt_pg_sql_text(which));
    if (PQresultStatus(result) != PGRES_COPY_IN)
        err = tt_pg_failed(&w->pg, result, "writing", fault);
    PQclear(result);
    tt_wire_copy(wire);
    return err;
}

static enum tt_err put(struct tt_pg_writer *w, struct tt_wire *wire, struct tt_fault *fault)
{
    if (wire->buf.err != TT_OK)
        return tt_fault_set(fault, wire->buf.err, "out of memory");
    if (PQputCopyData(w->pg.conn, wire->buf.data, (int)wire->buf.len) != 1)
        return tt_pg_failed(&w->pg, NULL, "writing", fault);
    tt_buf_clear(&wire->buf);
    return TT_OK;
}

static void go_on_meanwhile(const struct tt_store_meanwhile *meanwhile, bool last)
{
    if (meanwhile != NULL && meanwhile->call != NULL)
        meanwhile->call(meanwhile->context, last);
}

enum tt_err tt_pg_writer_copy_row(struct tt_pg_writer *w, struct tt_wire *wire,
                                  const struct tt_store_meanwhile *meanwhile,
                                  struct tt_fault *fault)
{
    if (wire->buf.len < PIECE_BYTES && wire->buf.err == TT_OK)
        return TT_OK;
    enum tt_err err = put(w, wire, fault);
    if (err == TT_OK)
        go_on_meanwhile(meanwhile, false);
    return err;
}

enum tt_err tt_pg_writer_copy_end(struct tt_pg_writer *w, struct tt_wire *wire,
                                  const struct tt_store_meanwhile *meanwhile,
                                  struct tt_fault *fault)
{
    tt_wire_end(wire);
    enum tt_err err = put(w, wire, fault);
    if (err != TT_OK)
        return err;
    if (PQputCopyEnd(w->pg.conn, NULL) != 1)
        return tt_pg_failed(&w->pg, NULL, "writing", fault);
    go_on_meanwhile(meanwhile, true); /* the server has the last rows to write yet */
    for (PGresult *result; (result = PQgetResult(w->pg.conn)) != NULL; PQclear(result)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && err == TT_OK)
            err = tt_pg_failed(&w->pg, result, "writing", fault);
        if (PQresultStatus(result) == PGRES_COPY_IN) { /* it was not begun: never mind */
            PQclear(result);
            break;
        }
    }
    return err;
}
