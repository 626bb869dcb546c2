/* Statements on a connection, one at a time or several in one round trip, and what their failures
 * mean. */
#include "adapters/postgres/conn.h"
#include "adapters/postgres/sqlstate.h"
#include "core/base/assert.h"
#include <stdio.h>
#include <string.h>

struct tt_str tt_pg_first_line(const char *text)
{
    return (struct tt_str){text, strcspn(text, "\n")};
}

enum tt_err tt_pg_failed(struct tt_pg *pg, const PGresult *result, const char *doing,
                         struct tt_fault *fault)
{
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    snprintf(pg->state, sizeof pg->state, "%s", state == NULL ? "" : state);
    if (state != NULL)
        return tt_fault_set(fault, tt_pg_meaning(state), "store %s: %s: %.*s (%s)", pg->where,
                            doing, TT_STR_ARGS(tt_pg_first_line(text == NULL ? "" : text)), state);
    text = pg->conn == NULL ? "not connected" : PQerrorMessage(pg->conn);
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "store %s: %s: %.*s", pg->where, doing,
                        TT_STR_ARGS(tt_pg_first_line(text)));
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

enum tt_err tt_pg_run(struct tt_pg *pg, const char *sql, struct tt_fault *fault)
{
    PGresult *result = PQexec(pg->conn, sql);
    enum tt_err err = TT_OK;
    if (!succeeded(result)) {
        char doing[48];
        snprintf(doing, sizeof doing, "%.40s", sql);
        err = tt_pg_failed(pg, result, doing, fault);
    }
    PQclear(result);
    return err;
}

/* Each is 1 GB at most, which the server refuses before. */
static void spread(const struct tt_pg_param *params, int count, const char **values, int *lengths,
                   int *formats)
{
    for (int i = 0; i < count; i++) {
        values[i] = params[i].bytes;
        lengths[i] = (int)params[i].len;
        formats[i] = 1;
    }
}

enum tt_err tt_pg_query(struct tt_pg *pg, const char *sql, bool prepared,
                        const struct tt_pg_param *params, int count, PGresult **ret_result,
                        struct tt_fault *fault)
{
    const char *values[TT_PG_PARAMS_MAX];
    int lengths[TT_PG_PARAMS_MAX], formats[TT_PG_PARAMS_MAX];
    spread(params, count, values, lengths, formats);
    PGresult *result = prepared
                           ? PQexecPrepared(pg->conn, sql, count, values, lengths, formats, 1)
                           : PQexecParams(pg->conn, sql, count, NULL, values, lengths, formats, 1);
    if (succeeded(result)) {
        *ret_result = result;
        return TT_OK;
    }
    enum tt_err err = tt_pg_failed(pg, result, "asking", fault);
    PQclear(result);
    return err;
}

enum tt_err tt_pg_send(struct tt_pg *pg, const char *name, const struct tt_pg_param *params,
                       int count, struct tt_fault *fault)
{
    const char *values[TT_PG_PARAMS_MAX];
    int lengths[TT_PG_PARAMS_MAX], formats[TT_PG_PARAMS_MAX];
    spread(params, count, values, lengths, formats);
    if (PQpipelineStatus(pg->conn) == PQ_PIPELINE_OFF && PQenterPipelineMode(pg->conn) != 1)
        return tt_pg_failed(pg, NULL, "sending", fault);
    if (PQsendQueryPrepared(pg->conn, name, count, values, lengths, formats, 1) != 1)
        return tt_pg_failed(pg, NULL, "sending", fault);
    return TT_OK;
}

/* All that comes up to the end of the pipeline; the first failure counts. */
static enum tt_err take_results(struct tt_pg *pg, size_t sent, PGresult **results,
                                const char *doing, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    size_t taken = 0;
    for (;;) {
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL) {
            if (PQstatus(pg->conn) != CONNECTION_OK)
                return err == TT_OK ? tt_pg_failed(pg, NULL, doing, fault) : err;
            continue; /* one statement's results end */
        }
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return err;
        }
        if (err == TT_OK && !succeeded(result))
            err = tt_pg_failed(pg, result, doing, fault);
        if (results != NULL && err == TT_OK && taken < sent)
            results[taken++] = result;
        else
            PQclear(result);
    }
}

enum tt_err tt_pg_sync(struct tt_pg *pg, size_t sent, PGresult **ret_results, const char *doing,
                       struct tt_fault *fault)
{
    PGresult *results[TT_PG_KEPT_MAX] = {NULL};
    tt_assert(ret_results == NULL || sent <= TT_PG_KEPT_MAX);
    if (PQpipelineSync(pg->conn) != 1)
        return tt_pg_failed(pg, NULL, doing, fault);
    enum tt_err err = take_results(pg, sent, ret_results == NULL ? NULL : results, doing, fault);
    if (PQstatus(pg->conn) == CONNECTION_OK && PQexitPipelineMode(pg->conn) != 1 && err == TT_OK)
        err = tt_pg_failed(pg, NULL, doing, fault);
    for (size_t i = 0; i < sent && ret_results != NULL; i++)
        if (err == TT_OK)
            ret_results[i] = results[i];
        else
            PQclear(results[i]);
    return err;
}

void tt_pg_keep(struct tt_pg *pg, PGresult *result)
{
    tt_assert(pg->kept_count < TT_PG_KEPT_MAX);
    pg->kept[pg->kept_count++] = result;
}

void tt_pg_forget(struct tt_pg *pg)
{
    while (pg->kept_count > 0)
        PQclear(pg->kept[--pg->kept_count]);
}
