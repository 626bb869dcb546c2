/* An external account: a token that somebody else vouches with, from a file, a URL or AWS, is
 * exchanged for one of Google's (RFC 8693). */
#include "adapters/google/parts.h"

enum { TOKEN_BYTES_MAX = 64 << 10, DEPTH_MAX = 8 };

/* The token itself, or a key of the object that it stands in. */
static enum tt_err take_subject(const struct tt_google *google, const struct tt_json *source,
                                struct tt_buf *text, struct tt_buf *subject, struct tt_fault *fault)
{
    const struct tt_json *format = tt_json_get(source, "format");
    struct tt_str key = tt_google_text(format, "subject_token_field_name");
    struct tt_str all = tt_buf_str(text);
    while (all.len > 0 && (all.ptr[all.len - 1] == '\n' || all.ptr[all.len - 1] == '\r'))
        all.len--;
    if (!tt_str_equal(tt_google_text(format, "type"), TT_STR("json"))) {
        tt_buf_add_str(subject, all);
    } else {
        struct tt_json *json = NULL;
        struct tt_fault quoting = {0};
        if (key.ptr != NULL && tt_json_parse(all, DEPTH_MAX, &json, &quoting) == TT_OK)
            tt_buf_add_str(subject, tt_google_text(json, key.ptr));
        tt_json_free(json);
    }
    if (subject->err != TT_OK || subject->len > 0)
        return tt_google_written(google, subject, fault);
    return tt_fault_set(fault, TT_ERR_INVALID, "%s: credential_source: no token there",
                        google->path);
}

static enum tt_err fetch_subject(struct tt_google *google, const struct tt_json *source,
                                 struct tt_str url, struct tt_buf *text, struct tt_fault *fault)
{
    enum { HEADERS_MAX = 8 };
    struct tt_http_header headers[HEADERS_MAX];
    const struct tt_json *wanted = tt_json_get(source, "headers"), *value;
    size_t count = 0;
    void *iter = NULL;
    struct tt_str key;
    if (wanted != NULL && tt_json_type(wanted) == TT_JSON_OBJECT)
        while (count < HEADERS_MAX && tt_json_next(wanted, &iter, &key, &value))
            if (tt_json_type(value) == TT_JSON_TEXT)
                headers[count++] = (struct tt_http_header){key.ptr, tt_json_text(value)};
    return tt_google_fetch(google, "GET", url.ptr, headers, count, text, fault);
}

enum tt_err tt_google_fetch(struct tt_google *google, const char *method, const char *url,
                            const struct tt_http_header *headers, size_t header_count,
                            struct tt_buf *text, struct tt_fault *fault)
{
    const struct tt_http_request request = {.method = method,
                                            .url = url,
                                            .headers = headers,
                                            .header_count = header_count,
                                            /* Within the machine, where no proxy gets to. */
                                            .no_proxy = strncmp(url, "http://", 7) == 0,
                                            .total_ms = 30 * 1000,
                                            .answer_bytes_max = TOKEN_BYTES_MAX};
    const struct tt_http *http = google->settings.http;
    enum tt_err err = http->send(http->context, &request, &google->answer, fault);
    if (err == TT_OK && google->answer.status != 200)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "%s: credential_source: status %d",
                           google->path, google->answer.status);
    if (err != TT_OK)
        return err;
    tt_buf_add_str(text, tt_buf_str(&google->answer.body));
    return tt_google_written(google, text, fault);
}

static enum tt_err get_subject(struct tt_google *google, struct tt_buf *subject,
                               struct tt_fault *fault)
{
    const struct tt_json *source = tt_json_get(google->source, "credential_source");
    struct tt_str file = tt_google_text(source, "file"), url = tt_google_text(source, "url");
    struct tt_buf text;
    if (tt_google_text(source, "environment_id").len > 0)
        return tt_google_aws_subject(google, source, subject, fault);
    tt_buf_init(&text, TOKEN_BYTES_MAX);
    enum tt_err err;
    if (file.len > 0)
        err = google->settings.read_file(file.ptr, &text, fault);
    else if (url.len > 0)
        err = fetch_subject(google, source, url, &text, fault);
    else
        err = tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                           "%s: credential_source: expected a file, a url or AWS", google->path);
    if (err == TT_OK)
        err = take_subject(google, source, &text, subject, fault);
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    tt_buf_done(&text);
    return err;
}

static enum tt_err exchange(struct tt_google *google, struct tt_str subject,
                            struct tt_google_grant *ret_grant, struct tt_fault *fault)
{
    struct tt_str url, audience, type;
    struct tt_json *json = NULL;
    enum tt_err err = tt_google_need(google, google->source, "token_url", &url, fault);
    if (err == TT_OK)
        err = tt_google_need(google, google->source, "audience", &audience, fault);
    if (err == TT_OK)
        err = tt_google_need(google, google->source, "subject_token_type", &type, fault);
    if (err != TT_OK)
        return err;
    struct tt_buf form;
    tt_buf_init(&form, 4 * TOKEN_BYTES_MAX);
    tt_google_form(&form, "grant_type", TT_STR("urn:ietf:params:oauth:grant-type:token-exchange"));
    tt_google_form(&form, "requested_token_type",
                   TT_STR("urn:ietf:params:oauth:token-type:access_token"));
    tt_google_form(&form, "audience", audience);
    tt_google_form(&form, "scope", tt_google_scope(google));
    tt_google_form(&form, "subject_token_type", type);
    tt_google_form(&form, "subject_token", subject);
    err = tt_google_written(google, &form, fault);
    if (err == TT_OK)
        err = tt_google_ask(google, url.ptr, tt_buf_str(&form), false, NULL, &json, fault);
    if (form.data != NULL)
        explicit_bzero(form.data, form.len);
    tt_buf_done(&form);
    return err == TT_OK ? tt_google_read_grant(json, ret_grant, fault) : err;
}

enum tt_err tt_google_external_account(struct tt_google *google, struct tt_google_grant *ret_grant,
                                       struct tt_fault *fault)
{
    struct tt_buf subject;
    tt_buf_init(&subject, TOKEN_BYTES_MAX);
    enum tt_err err = get_subject(google, &subject, fault);
    if (err == TT_OK)
        err = exchange(google, tt_buf_str(&subject), ret_grant, fault);
    if (subject.data != NULL)
        explicit_bzero(subject.data, subject.len);
    tt_buf_done(&subject);
    return err;
}
