/* The stand-in for BigQuery, Storage Write and Pub/Sub (tests/standin), and its control side. */
#ifndef TT_TESTS_LIB_STANDIN_H
#define TT_TESTS_LIB_STANDIN_H

#include "core/port/http.h"
#include "tests/lib/node.h"

struct tt_standin {
    struct tt_node node;
    char rest[64], grpc[64]; /* http://127.0.0.1:N */
    struct tt_http http;     /* of the test itself */
};

void tt_standin_start(struct tt_standin *standin);
void tt_standin_stop(struct tt_standin *standin);
/* One request, which must answer 200; the body is owned by the caller. */
char *tt_standin_ask(struct tt_standin *standin, const char *method, const char *path,
                     const char *json);
/* The data set p.d and a table t of it, from a JSON list of fields. */
void tt_standin_make_table(struct tt_standin *standin, const char *table, const char *fields);

#endif
