/* Happy path: an easy handle is set up afresh for each request, its
 * connections stay open.
 *
 * Failure modes: no connection, cut, stalled: UNAVAILABLE, and nobody knows whether the other side
 * acted. A connection that died while it was idle: libcurl tries once more on a new one, and reads
 * the body from the start again (seek). */
#include "adapters/http/http.h"

#include "adapters/http/exchange.h"
#include "core/base/mem.h"
#include <pthread.h>
#include <unistd.h>

enum { CONNECT_MS = 10 * 1000, STALL_S = 60 };

struct client {
    CURL *easy[2]; /* of each version: the pool of one hands its connections to requests of both */
    char *ca_file;
    long stall_s;
    const volatile int *stop;
};

static void start_library(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* What every request has. A later libcurl only adds ways to fail to these calls that our versions
 * do not have, hence no look at each result. */
static void set_common(const struct client *client, CURL *easy,
                       const struct tt_http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (client->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(request->connect_ms > 0 ? request->connect_ms : CONNECT_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, client->stall_s);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    /* Google compresses for those alone whose name has the word in it. */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tasktrail/" TT_VERSION " (gzip)");
    if (request->no_proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    long version = CURL_HTTP_VERSION_1_1;
    if (request->version == TT_HTTP_2)
        version = strncmp(request->url, "https:", 6) == 0 ? CURL_HTTP_VERSION_2TLS
                                                          : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
}

static void set_body(CURL *easy, struct tt_exchange *exchange)
{
    const struct tt_http_request *request = exchange->request;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (request->read != NULL || request->text.ptr != NULL) {
        /* POST of libcurl with another method's name: all methods get their body the same way. */
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        uint64_t bytes = request->read != NULL ? request->read_bytes : request->text.len;
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes);
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, tt_exchange_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, tt_exchange_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, tt_exchange_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, tt_exchange_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->words);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, tt_exchange_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
}

static enum tt_err append(struct curl_slist **list, const char *line, struct tt_fault *fault)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    *list = longer;
    return TT_OK;
}

/* A line end in a value would begin another header. */
static enum tt_err write_header(struct tt_buf *line, const struct tt_http_header *header,
                                struct tt_fault *fault)
{
    struct tt_str value = header->value;
    if (value.len > 0 &&
        (memchr(value.ptr, '\n', value.len) != NULL || memchr(value.ptr, '\r', value.len) != NULL ||
         memchr(value.ptr, '\0', value.len) != NULL))
        return tt_fault_set(fault, TT_ERR_INVALID, "HTTP: header %s: its value has a line end",
                            header->name);
    tt_buf_clear(line);
    tt_buf_add_text(line, header->name);
    tt_buf_add_text(line, value.len > 0 ? ": " : ";"); /* ";" is an empty header to libcurl */
    tt_buf_add_str(line, value);
    return line->err == TT_OK ? TT_OK : tt_fault_set(fault, line->err, "out of memory");
}

static enum tt_err make_headers(const struct tt_http_request *request, struct curl_slist **list,
                                struct tt_fault *fault)
{
    struct tt_buf line;
    tt_buf_init(&line, TT_HTTP_HEADER_BYTES_MAX);
    bool typed = false;
    enum tt_err err = append(list, "Expect:", fault); /* no waiting for 100 Continue */
    for (size_t i = 0; err == TT_OK && i < request->header_count; i++) {
        const struct tt_http_header *header = &request->headers[i];
        typed |= strcasecmp(header->name, "content-type") == 0;
        err = write_header(&line, header, fault);
        if (err == TT_OK)
            err = append(list, line.data, fault);
    }
    if (err == TT_OK && !typed)
        err = append(list, "Content-Type:", fault); /* else libcurl says it is a form */
    if (line.data != NULL)
        explicit_bzero(line.data, line.len);
    tt_buf_done(&line);
    return err;
}

static enum tt_err send_request(void *context, const struct tt_http_request *request,
                                struct tt_http_answer *answer, struct tt_fault *fault)
{
    struct client *client = context;
    struct curl_slist *headers = NULL;
    struct tt_exchange exchange = {
        .request = request, .answer = answer, .stop = client->stop, .fault = fault};
    tt_buf_clear(&answer->body);
    tt_buf_clear(&answer->headers);
    answer->status = 0;
    enum tt_err err = make_headers(request, &headers, fault);
    if (err == TT_OK) {
        CURL *easy = client->easy[request->version];
        curl_easy_reset(easy);
        set_common(client, easy, request);
        set_body(easy, &exchange);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        err = tt_exchange_end(&exchange, easy, curl_easy_perform(easy));
    }
    curl_slist_free_all(headers);
    return err;
}

enum tt_err tt_http_open(const struct tt_http_settings *settings, struct tt_http *ret_http,
                         struct tt_fault *fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    if (settings->ca_file != NULL && access(settings->ca_file, R_OK) != 0)
        return tt_fault_set(fault, TT_ERR_INVALID, "CA file %s: cannot be read", settings->ca_file);
    struct client *client = tt_mem_zalloc(sizeof *client);
    if (client == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_http http = {client, send_request};
    client->stall_s = settings->stall_s > 0 ? settings->stall_s : STALL_S;
    client->stop = settings->stop;
    client->easy[TT_HTTP_1_1] = curl_easy_init();
    client->easy[TT_HTTP_2] = curl_easy_init();
    if (settings->ca_file != NULL) {
        size_t size = strlen(settings->ca_file) + 1;
        client->ca_file = tt_mem_alloc(size);
        if (client->ca_file != NULL)
            memcpy(client->ca_file, settings->ca_file, size);
    }
    if (client->easy[TT_HTTP_1_1] == NULL || client->easy[TT_HTTP_2] == NULL ||
        (settings->ca_file != NULL && client->ca_file == NULL)) {
        tt_http_close(&http);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    *ret_http = http;
    return TT_OK;
}

void tt_http_close(struct tt_http *http)
{
    struct client *client = http->context;
    if (client != NULL) {
        curl_easy_cleanup(client->easy[TT_HTTP_1_1]);
        curl_easy_cleanup(client->easy[TT_HTTP_2]);
        tt_mem_free(client->ca_file);
        tt_mem_free(client);
    }
    *http = (struct tt_http){0};
}
