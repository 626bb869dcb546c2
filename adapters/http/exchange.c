#include "adapters/http/exchange.h"

#include <ctype.h>
#include <stdio.h>

/* ---- The body goes out */

static size_t read_text(struct tt_exchange *exchange, char *to, size_t room)
{
    struct tt_str text = exchange->request->text;
    size_t left = text.len - (size_t)exchange->offset;
    size_t size = left < room ? left : room;
    if (size > 0)
        memcpy(to, text.ptr + exchange->offset, size);
    return size;
}

size_t tt_exchange_read(char *to, size_t size, size_t count, void *context)
{
    struct tt_exchange *exchange = context;
    const struct tt_http_request *request = exchange->request;
    size_t room = size * count, got = 0;
    if (request->read == NULL) {
        got = read_text(exchange, to, room);
    } else {
        uint64_t left = request->read_bytes - exchange->offset;
        if (left < room)
            room = (size_t)left;
        if (room > 0)
            exchange->err = request->read(request->read_context, exchange->offset, to, room, &got,
                                          exchange->fault);
        if (exchange->err == TT_OK && got == 0 && room > 0)
            exchange->err = tt_fault_set(
                exchange->fault, TT_ERR_CORRUPT, "HTTP: the body ends after %llu of %llu bytes",
                (unsigned long long)exchange->offset, (unsigned long long)request->read_bytes);
        if (exchange->err != TT_OK)
            return CURL_READFUNC_ABORT;
    }
    exchange->offset += got;
    return got;
}

int tt_exchange_seek(void *context, curl_off_t offset, int origin)
{
    struct tt_exchange *exchange = context;
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_FAIL;
    exchange->offset = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* ---- The answer comes in */

size_t tt_exchange_write(char *bytes, size_t size, size_t count, void *context)
{
    struct tt_exchange *exchange = context;
    struct tt_buf *body = &exchange->answer->body;
    size_t len = size * count, max = exchange->request->answer_bytes_max;
    if (max == 0)
        max = TT_HTTP_ANSWER_BYTES_MAX;
    body->max = max;
    tt_buf_add(body, bytes, len);
    if (body->err == TT_OK)
        return len;
    exchange->err = body->err == TT_ERR_LIMIT
                        ? tt_fault_set(exchange->fault, TT_ERR_LIMIT,
                                       "HTTP: an answer of more than %zu bytes", max)
                        : tt_fault_set(exchange->fault, TT_ERR_NO_MEMORY, "out of memory");
    return 0;
}

static void add_header(struct tt_buf *headers, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (colon == NULL)
        return;
    for (const char *c = line; c < colon; c++)
        tt_buf_add_char(headers, (char)tolower((unsigned char)*c));
    const char *from = colon + 1, *end = line + len;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    tt_buf_add_text(headers, ": ");
    tt_buf_add(headers, from, (size_t)(end - from));
    tt_buf_add_char(headers, '\n');
}

/* Trailers come this way, too. A status line begins anew: 100 Continue, or another attempt. */
size_t tt_exchange_header(char *bytes, size_t size, size_t count, void *context)
{
    struct tt_exchange *exchange = context;
    struct tt_http_answer *answer = exchange->answer;
    size_t all = size * count, len = all;
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        tt_buf_clear(&answer->headers);
        tt_buf_clear(&answer->body);
        answer->version = bytes[5] == '2' ? TT_HTTP_2 : TT_HTTP_1_1;
    } else {
        add_header(&answer->headers, bytes, len);
    }
    if (answer->headers.err == TT_OK)
        return all;
    exchange->err = tt_fault_set(exchange->fault, answer->headers.err,
                                 "HTTP: headers of more than %d bytes", TT_HTTP_HEADER_BYTES_MAX);
    return 0;
}

int tt_exchange_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                         curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total, (void)up;
    struct tt_exchange *exchange = context;
    if (exchange->stop == NULL || *exchange->stop == 0)
        return 0;
    exchange->err = tt_fault_set(exchange->fault, TT_ERR_STOPPED, "asked to stop");
    return 1;
}

/* ---- What came of it */

static enum tt_err err_of(CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY: return TT_ERR_NO_MEMORY;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_BAD_FUNCTION_ARGUMENT: return TT_ERR_INVALID;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM: return TT_ERR_DENIED;
    default: return TT_ERR_UNAVAILABLE;
    }
}

/* Only where from: a path or a query may hold what nobody else is to see (upload sessions). */
static struct tt_str origin_of(const char *url)
{
    const char *slashes = strstr(url, "://");
    const char *host = slashes == NULL ? url : slashes + 3;
    size_t end = strcspn(host, "/?#");
    const char *at = memchr(host, '@', end);
    return at == NULL ? (struct tt_str){url, (size_t)(host - url) + end}
                      : (struct tt_str){at + 1, end - (size_t)(at + 1 - host)};
}

/* libcurl's own words name hosts, ports and certificates; where they could name a URL, the plain
 * ones. */
static const char *words_of(const struct tt_exchange *exchange, CURLcode code)
{
    bool plain = exchange->words[0] == '\0' || code == CURLE_URL_MALFORMAT ||
                 strstr(exchange->words, "://") != NULL || strchr(exchange->words, '?') != NULL;
    return plain ? curl_easy_strerror(code) : exchange->words;
}

enum tt_err tt_exchange_end(struct tt_exchange *exchange, CURL *easy, CURLcode code)
{
    if (exchange->err != TT_OK)
        return exchange->err;
    if (code != CURLE_OK) {
        struct tt_str origin = origin_of(exchange->request->url);
        return tt_fault_set(exchange->fault, err_of(code), "%.*s: %s", TT_STR_ARGS(origin),
                            words_of(exchange, code));
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    exchange->answer->status = (int)status;
    return TT_OK;
}
