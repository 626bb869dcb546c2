#include "tests/lib/fake_http.h"

#include <check.h>
#include <stdio.h>

static enum tt_err answer_call(void *context, const struct tt_http_request *request,
                               struct tt_http_answer *answer, struct tt_fault *fault)
{
    struct tt_fake_http *fake = context;
    ck_assert_msg(fake->made < fake->planned, "unexpected: %s %s", request->method, request->url);
    struct tt_fake_call *call = &fake->calls[fake->made++];
    snprintf(call->method, sizeof call->method, "%s", request->method);
    snprintf(call->url, sizeof call->url, "%s", request->url);
    for (size_t i = 0; i < request->header_count; i++)
        tt_buf_addf(&call->headers_sent, "%s: %.*s\n", request->headers[i].name,
                    TT_STR_ARGS(request->headers[i].value));
    tt_buf_add_str(&call->sent, request->text);
    if (call->status == 0)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "the answer was lost");
    tt_buf_clear(&answer->body);
    tt_buf_clear(&answer->headers);
    answer->status = call->status;
    answer->version = call->version;
    tt_buf_add(&answer->body, call->body, call->body_bytes);
    tt_buf_add_text(&answer->headers, call->headers == NULL ? "" : call->headers);
    return TT_OK;
}

void tt_fake_http_init(struct tt_fake_http *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->port = (struct tt_http){fake, answer_call};
}

void tt_fake_http_done(struct tt_fake_http *fake)
{
    ck_assert_uint_eq(fake->made, fake->planned);
    for (size_t i = 0; i < fake->planned; i++) {
        tt_buf_done(&fake->calls[i].headers_sent);
        tt_buf_done(&fake->calls[i].sent);
    }
}

static struct tt_fake_call *plan(struct tt_fake_http *fake)
{
    ck_assert_uint_lt(fake->planned, TT_FAKE_CALLS_MAX);
    return &fake->calls[fake->planned++];
}

void tt_fake_http_json(struct tt_fake_http *fake, int status, const char *body)
{
    struct tt_fake_call *call = plan(fake);
    call->status = status;
    call->body_bytes = strlen(body);
    ck_assert_uint_lt(call->body_bytes, sizeof call->body);
    memcpy(call->body, body, call->body_bytes);
}

void tt_fake_http_grpc(struct tt_fake_http *fake, int status, const char *text, const void *message,
                       size_t bytes)
{
    static char trailers[TT_FAKE_CALLS_MAX][200];
    struct tt_fake_call *call = plan(fake);
    char *said = trailers[fake->planned - 1];
    said[0] = '\0';
    if (status >= 0)
        snprintf(said, sizeof trailers[0],
                 "content-type: application/grpc\ngrpc-status: %d\n"
                 "grpc-message: %s\n",
                 status, text == NULL ? "" : text);
    call->status = 200;
    call->version = TT_HTTP_2;
    call->headers = said;
    if (message == NULL)
        return;
    call->body_bytes = bytes + 5;
    ck_assert_uint_lt(call->body_bytes, sizeof call->body);
    call->body[3] = (char)(bytes >> 8);
    call->body[4] = (char)(bytes & 0xff);
    memcpy(call->body + 5, message, bytes);
}

void tt_fake_http_lost(struct tt_fake_http *fake)
{
    plan(fake)->status = 0;
}

static enum tt_err give_lines(void *context, uint64_t first,
                              enum tt_err (*line)(void *line_context, uint64_t row,
                                                  struct tt_str json),
                              void *line_context, struct tt_fault *fault)
{
    const struct tt_lines_body *body = context;
    (void)fault;
    enum tt_err err = TT_OK;
    for (uint64_t row = first; row < body->body.rows && err == TT_OK; row++)
        err = line(line_context, row, tt_str_from(body->lines[row]));
    return err;
}

void tt_lines_body_init(struct tt_lines_body *body, const char *const *lines, size_t count)
{
    *body = (struct tt_lines_body){.lines = lines};
    body->body = (struct tt_body){.context = body, .rows = count, .lines = give_lines};
}
