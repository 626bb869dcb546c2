/* How a batch's bytes travel: in one request of two parts, or, where they are many, in chunks of a
 * session that can be taken up again.
 *
 * Failure modes of a session: a chunk of which less was kept than was sent (go on behind what is
 * kept), an answer that is lost (ask the session what it has; libcurl may have sent the chunk
 * twice, and the second one is refused with 400), the session itself lost (404, 410, and a 400 that
 * is seen in the wild: FENCED, the caller asks for the job and begins anew). */
#include "adapters/bigquery/bq_parts.h"

#include <stdio.h>

enum { HEAD_BYTES_MAX = 64 << 10, STALLS_MAX = 5 };

/* ---- One request */

struct parts {
    struct tt_buf head, tail;
    const struct tt_body *body;
};

static enum tt_err read_parts(void *context, uint64_t offset, void *to, size_t size,
                              size_t *ret_size, struct tt_fault *fault)
{
    struct parts *parts = context;
    const struct tt_buf *text = NULL;
    if (offset < parts->head.len) {
        text = &parts->head;
    } else if (offset - parts->head.len < parts->body->bytes) {
        uint64_t left = parts->body->bytes - (offset - parts->head.len);
        return parts->body->read(parts->body->context, offset - parts->head.len, to,
                                 left < size ? (size_t)left : size, ret_size, fault);
    } else {
        text = &parts->tail;
        offset -= parts->body->bytes;
        offset -= parts->head.len;
    }
    if (text == &parts->head || offset < text->len) {
        size_t left = text->len - (size_t)offset;
        *ret_size = left < size ? left : size;
        memcpy(to, text->data + offset, *ret_size);
    } else {
        *ret_size = 0;
    }
    return TT_OK;
}

/* What separates the parts follows from the batch's id, which follows from the rows: no row can
 * have it in it but by intent, and not even so where the rows are compressed. */
static void name_boundary(char boundary[static 64], struct tt_str id)
{
    snprintf(boundary, 64, "tasktrail-%016llx%016llx", (unsigned long long)tt_str_hash(id, 1),
             (unsigned long long)tt_str_hash(id, 2));
}

enum tt_err tt_bq_multipart(struct tt_bq *bq, const char *project,
                            const struct tt_sink_batch *batch, struct tt_fault *fault)
{
    char boundary[64], type[120];
    struct parts parts = {.body = batch->body};
    tt_buf_init(&parts.head, HEAD_BYTES_MAX);
    tt_buf_init(&parts.tail, 256);
    name_boundary(boundary, batch->id);
    snprintf(type, sizeof type, "multipart/related; boundary=%s", boundary);
    tt_buf_addf(&parts.head, "--%s\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n",
                boundary);
    tt_buf_add_str(&parts.head, tt_buf_str(&bq->body));
    tt_buf_addf(&parts.head, "\r\n--%s\r\nContent-Type: application/octet-stream\r\n\r\n",
                boundary);
    tt_buf_addf(&parts.tail, "\r\n--%s--\r\n", boundary);
    tt_buf_clear(&bq->url);
    tt_buf_addf(&bq->url, "%s/upload/bigquery/v2/projects/%s/jobs?uploadType=multipart",
                bq->options.endpoint, project);
    enum tt_err err = TT_OK;
    if (parts.head.err != TT_OK || parts.tail.err != TT_OK || bq->url.err != TT_OK)
        err = tt_fault_set(fault, TT_ERR_LIMIT, "the request is too long");
    if (err == TT_OK) {
        const struct tt_json_request request = {.method = "POST",
                                                .url = bq->url.data,
                                                .content_type = type,
                                                .read = read_parts,
                                                .read_context = &parts,
                                                .read_bytes = parts.head.len + batch->body->bytes +
                                                              parts.tail.len};
        err = tt_json_send(&bq->options.access, &request, &bq->call, fault);
    }
    tt_buf_done(&parts.head);
    tt_buf_done(&parts.tail);
    return err;
}

/* ---- A session */

struct session {
    const struct tt_body *body;
    uint64_t kept;     /* bytes it has */
    uint64_t from;     /* of the chunk on its way */
    struct tt_buf url; /* whoever knows it may upload: a secret */
};

static enum tt_err read_chunk(void *context, uint64_t offset, void *to, size_t size,
                              size_t *ret_size, struct tt_fault *fault)
{
    struct session *session = context;
    return session->body->read(session->body->context, session->from + offset, to, size, ret_size,
                               fault);
}

/* The token goes there: only to where we asked, or to Google. */
static bool is_trusted(const struct tt_bq *bq, struct tt_str url)
{
    static const char google[] = ".googleapis.com";
    size_t len = strlen(bq->options.endpoint);
    if (url.len > len && memcmp(url.ptr, bq->options.endpoint, len) == 0 && url.ptr[len] == '/')
        return true;
    if (url.len < 8 || memcmp(url.ptr, "https://", 8) != 0)
        return false;
    size_t end = 8;
    while (end < url.len && strchr("/?#:@\\", url.ptr[end]) == NULL)
        end++;
    size_t tail = sizeof google - 1;
    return end < url.len && url.ptr[end] == '/' && end - 8 > tail &&
           memcmp(url.ptr + end - tail, google, tail) == 0;
}

static enum tt_err start(struct tt_bq *bq, const char *project, struct session *session,
                         struct tt_fault *fault)
{
    char length[32];
    snprintf(length, sizeof length, "%llu", (unsigned long long)session->body->bytes);
    const struct tt_http_header headers[] = {
        {"x-upload-content-type", TT_STR("application/octet-stream")},
        {"x-upload-content-length", tt_str_from(length)}};
    tt_buf_clear(&bq->url);
    tt_buf_addf(&bq->url, "%s/upload/bigquery/v2/projects/%s/jobs?uploadType=resumable",
                bq->options.endpoint, project);
    if (bq->url.err != TT_OK || bq->body.err != TT_OK)
        return tt_fault_set(fault, TT_ERR_LIMIT, "the request is too long");
    const struct tt_json_request request = {.method = "POST",
                                            .url = bq->url.data,
                                            .text = tt_buf_str(&bq->body),
                                            .headers = headers,
                                            .header_count = 2,
                                            .bare = true};
    enum tt_err err = tt_json_send(&bq->options.access, &request, &bq->call, fault);
    if (err != TT_OK)
        return err;
    struct tt_str url = tt_http_header(&bq->call.http, "location");
    if (bq->call.status != 200 || url.len == 0)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "upload: no session in the answer");
    if (!is_trusted(bq, url))
        return tt_fault_set(fault, TT_ERR_DENIED, "upload: the session is at another host");
    tt_buf_clear(&session->url);
    tt_buf_add_str(&session->url, url);
    return session->url.err == TT_OK
               ? TT_OK
               : tt_fault_set(fault, TT_ERR_LIMIT, "upload: session: too long");
}

/* "bytes=0-N": N + 1 bytes are kept; no header: none. */
static enum tt_err read_kept(const struct tt_bq *bq, struct session *session,
                             struct tt_fault *fault)
{
    struct tt_str range = tt_http_header(&bq->call.http, "range");
    int64_t last;
    if (range.ptr == NULL) {
        session->kept = 0;
        return TT_OK;
    }
    if (range.len < 9 || memcmp(range.ptr, "bytes=0-", 8) != 0 ||
        !tt_str_to_int((struct tt_str){range.ptr + 8, range.len - 8}, &last) || last < 0 ||
        (uint64_t)last >= session->body->bytes)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "upload: Range \"%.*s\" makes no sense",
                            TT_STR_ARGS(range));
    session->kept = (uint64_t)last + 1;
    return TT_OK;
}

/* The next chunk, or, `question`, nothing but the question what is there. TT_OK, *ret_done: the job
 * is in bq->call.json. FENCED: the session is gone. */
static enum tt_err put(struct tt_bq *bq, struct session *session, bool question, bool *ret_done,
                       struct tt_fault *fault)
{
    char range[100];
    uint64_t total = session->body->bytes, size = total - session->kept;
    if (size > bq->options.chunk_bytes)
        size = bq->options.chunk_bytes;
    session->from = session->kept;
    if (question)
        snprintf(range, sizeof range, "bytes */%llu", (unsigned long long)total);
    else
        snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)session->from,
                 (unsigned long long)(session->from + size - 1), (unsigned long long)total);
    const struct tt_http_header header = {"content-range", tt_str_from(range)};
    struct tt_json_request request = {.method = "PUT",
                                      .url = session->url.data,
                                      .content_type = "application/octet-stream",
                                      .headers = &header,
                                      .header_count = 1,
                                      .bare = true};
    if (question) {
        request.text = TT_STR("");
    } else {
        request.read = read_chunk;
        request.read_context = session;
        request.read_bytes = size;
    }
    enum tt_err err = tt_json_send(&bq->options.access, &request, &bq->call, fault);
    int status = bq->call.status;
    *ret_done = false;
    if (err == TT_OK && status == 308)
        return read_kept(bq, session, fault);
    *ret_done = err == TT_OK && bq->call.json != NULL;
    if (err == TT_OK)
        return *ret_done ? TT_OK
                         : tt_fault_set(fault, TT_ERR_UNAVAILABLE, "upload: no job in the answer");
    return status == 400 || status == 404 || status == 410 ? TT_ERR_FENCED : err;
}

static enum tt_err run(struct tt_bq *bq, struct session *session, struct tt_fault *fault)
{
    bool done = false, question = false;
    uint64_t best = 0;
    for (int stalls = 0; !done;) {
        struct tt_fault why = {0};
        enum tt_err err = put(bq, session, question, &done, &why);
        bool moved = err == TT_OK && session->kept > best;
        if (moved)
            best = session->kept;
        stalls = moved ? 0 : stalls + (question && err == TT_OK ? 0 : 1);
        if (err == TT_ERR_FENCED && bq->call.status == 400 && !question)
            err = TT_ERR_UNAVAILABLE; /* ask first */
        if (err != TT_OK && (tt_err_class(err) != TT_CLASS_RETRY || stalls > STALLS_MAX))
            return tt_fault_set(fault, err, "%s", why.text);
        if (!done && err == TT_OK && stalls > STALLS_MAX)
            return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "upload: no byte of a chunk is kept");
        question = err != TT_OK;
    }
    return TT_OK;
}

enum tt_err tt_bq_resumable(struct tt_bq *bq, const char *project,
                            const struct tt_sink_batch *batch, struct tt_fault *fault)
{
    struct session session = {.body = batch->body};
    tt_buf_init(&session.url, 16 << 10);
    enum tt_err err = start(bq, project, &session, fault);
    if (err == TT_OK)
        err = run(bq, &session, fault);
    if (session.url.data != NULL)
        explicit_bzero(session.url.data, session.url.len);
    tt_buf_done(&session.url);
    return err;
}
