/* One request under way: what libcurl asks and tells meanwhile, and what came of it. */
#ifndef TT_ADAPTERS_HTTP_EXCHANGE_H
#define TT_ADAPTERS_HTTP_EXCHANGE_H

#include "core/port/http.h"
#include <curl/curl.h>

struct tt_exchange {
    const struct tt_http_request *request;
    struct tt_http_answer *answer;
    const volatile int *stop;
    struct tt_fault *fault;
    uint64_t offset; /* of the body, read next */
    enum tt_err err; /* why we, not the other side, ended it */
    char words[CURL_ERROR_SIZE];
};

/* libcurl's callbacks, the exchange behind their last parameter. */
size_t tt_exchange_read(char *to, size_t size, size_t count, void *exchange);
int tt_exchange_seek(void *exchange, curl_off_t offset, int origin);
size_t tt_exchange_write(char *bytes, size_t size, size_t count, void *exchange);
size_t tt_exchange_header(char *bytes, size_t size, size_t count, void *exchange);
int tt_exchange_progress(void *exchange, curl_off_t down_total, curl_off_t down,
                         curl_off_t up_total, curl_off_t up);

/* The answer's status, or the fault of what went wrong. */
enum tt_err tt_exchange_end(struct tt_exchange *exchange, CURL *easy, CURLcode code);

#endif
