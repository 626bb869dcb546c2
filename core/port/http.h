/* One HTTP request and its answer. Redirects are not followed; a status is data, not an error.
 *
 * Errors: UNAVAILABLE (no connection, cut, too slow: whether the other side acted is unknown);
 * DENIED (its certificate is not trusted); LIMIT (the answer is larger than asked for); INVALID
 * (the URL); STOPPED (the process is asked to stop: the outcome is unknown, too); those of the
 * body. No fault names a header's value or a URL's path or query. Threads: one. */
#ifndef TT_PORT_HTTP_H
#define TT_PORT_HTTP_H

#include "core/base/buf.h"

enum tt_http_version { TT_HTTP_1_1, TT_HTTP_2 }; /* 2 over plain http: by prior knowledge */

struct tt_http_header {
    const char *name;
    struct tt_str value;
};

struct tt_http_request {
    const char *method;
    const char *url;
    const struct tt_http_header *headers;
    size_t header_count;
    /* The body: a text, or a reader that may be asked again from the start. */
    struct tt_str text; /* absent, and no reader: no body */
    enum tt_err (*read)(void *read_context, uint64_t offset, void *to, size_t size,
                        size_t *ret_size, struct tt_fault *fault);
    void *read_context;
    uint64_t read_bytes; /* that read gives in all */
    enum tt_http_version version;
    bool no_proxy;
    int64_t connect_ms;      /* 0: 10 s */
    int64_t total_ms;        /* 0: no limit, but that something moves within a minute */
    size_t answer_bytes_max; /* 0: TT_HTTP_ANSWER_BYTES_MAX */
};

enum { TT_HTTP_ANSWER_BYTES_MAX = 32 << 20, TT_HTTP_HEADER_BYTES_MAX = 256 << 10 };

struct tt_http_answer {
    int status;
    enum tt_http_version version; /* what it was spoken in, whatever was asked for */
    struct tt_buf body;
    struct tt_buf headers; /* "name: value\n" each, names in lower case; trailers behind */
};

struct tt_http {
    void *context;
    /* The answer is initialised by the caller and used again by the next call. */
    enum tt_err (*send)(void *context, const struct tt_http_request *request,
                        struct tt_http_answer *answer, struct tt_fault *fault);
};

/* The first header or trailer of that name (lower case); absent: TT_STR_NONE. */
static inline struct tt_str tt_http_header(const struct tt_http_answer *answer, const char *name)
{
    struct tt_str rest = tt_buf_str(&answer->headers);
    size_t len = strlen(name);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t line = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        if (line >= len + 2 && memcmp(rest.ptr, name, len) == 0 && rest.ptr[len] == ':')
            return (struct tt_str){rest.ptr + len + 2, line - len - 2};
        size_t step = end == NULL ? line : line + 1;
        rest = (struct tt_str){rest.ptr + step, rest.len - step};
    }
    return TT_STR_NONE;
}

static inline void tt_http_answer_init(struct tt_http_answer *answer)
{
    *answer = (struct tt_http_answer){0};
    tt_buf_init(&answer->body, TT_HTTP_ANSWER_BYTES_MAX);
    tt_buf_init(&answer->headers, TT_HTTP_HEADER_BYTES_MAX);
}

static inline void tt_http_answer_done(struct tt_http_answer *answer)
{
    tt_buf_done(&answer->body);
    tt_buf_done(&answer->headers);
}

#endif
