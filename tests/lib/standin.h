/* The stand-in for BigQuery (tests/standin), started for one test. */
#ifndef TT_TESTS_LIB_STANDIN_H
#define TT_TESTS_LIB_STANDIN_H

#include "core/port/http.h"
#include "tests/lib/node.h"

struct tt_standin {
    struct tt_node node;
    char url[60];               /* http://127.0.0.1:PORT, or https */
    char grpc_url[60];          /* the same, of what speaks gRPC */
    struct tt_http http;        /* a client of the test's own */
    struct tt_http_answer look; /* what it was told last */
};

void tt_standin_start(struct tt_standin *standin);
/* The same over HTTPS; certificate: the file that it is to be trusted by. */
void tt_standin_start_tls(struct tt_standin *standin, const char *key, const char *certificate);
void tt_standin_stop(struct tt_standin *standin);

/* POST below /__control/, see tests/standin/control.mjs; the text is made as by printf. Fails the
 * test unless it is taken. */
void tt_standin_set(struct tt_standin *standin, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* GET below /__control/: text, borrowed until the next call. */
struct tt_str tt_standin_get(struct tt_standin *standin, const char *name);
/* A number of /__control/state, keys between slashes: "tables/p.d.t/rows"; -1: absent. */
long long tt_standin_number(struct tt_standin *standin, const char *path);
/* How many keys an object there has. */
size_t tt_standin_count(struct tt_standin *standin, const char *path);

/* The data set p.d, where it is not there yet, and a table of it, its columns as a JSON list. */
void tt_standin_make_table(struct tt_standin *standin, const char *table, const char *fields);

#endif
