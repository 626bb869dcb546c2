/* The HTTP port with answers from a list: what an adapter asks is kept, what it gets is planned. */
#ifndef TT_TESTS_LIB_FAKE_HTTP_H
#define TT_TESTS_LIB_FAKE_HTTP_H

#include "core/port/http.h"
#include "core/port/sink.h"

enum { TT_FAKE_CALLS_MAX = 64 };

struct tt_fake_http {
    struct tt_http port;
    struct tt_fake_call {
        /* planned */
        int status; /* 0: UNAVAILABLE, nothing comes back */
        enum tt_http_version version;
        const char *headers;
        char body[4096];
        size_t body_bytes;
        /* seen */
        char method[16], url[1024];
        struct tt_buf headers_sent, sent;
    } calls[TT_FAKE_CALLS_MAX];
    size_t planned, made;
};

void tt_fake_http_init(struct tt_fake_http *fake);
void tt_fake_http_done(struct tt_fake_http *fake);
/* The next answer, as JSON. More calls than plans fail the test. */
void tt_fake_http_json(struct tt_fake_http *fake, int status, const char *body);
/* The next answer, as gRPC: the message's bytes, and the trailers. message NULL: no frame; status
 * below 0: no grpc-status. */
void tt_fake_http_grpc(struct tt_fake_http *fake, int status, const char *text, const void *message,
                       size_t bytes);
void tt_fake_http_lost(struct tt_fake_http *fake);

/* A body of lines in memory. */
struct tt_lines_body {
    struct tt_body body;
    const char *const *lines;
};
void tt_lines_body_init(struct tt_lines_body *body, const char *const *lines, size_t count);

#endif
