/* An external account: a token that somebody else vouches with, from a file or a URL, is exchanged
 * for one of Google's (RFC 8693), and that one, where the file says so, for a service account's. */
#include "adapters/google/parts.h"

enum { TOKEN_BYTES_MAX = 64 << 10, DEPTH_MAX = 8 };
static const char platform[] = "https://www.googleapis.com/auth/cloud-platform";

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
    if (subject->err == TT_OK && subject->len > 0)
        return TT_OK;
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
    const struct tt_http_request request = {.method = "GET",
                                            .url = url.ptr,
                                            .headers = headers,
                                            .header_count = count,
                                            .total_ms = 30 * 1000,
                                            .answer_bytes_max = TOKEN_BYTES_MAX};
    const struct tt_http *http = google->settings.http;
    enum tt_err err = http->send(http->context, &request, &google->answer, fault);
    if (err == TT_OK && google->answer.status != 200)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "%s: credential_source: status %d",
                           google->path, google->answer.status);
    if (err == TT_OK)
        tt_buf_add_str(text, tt_buf_str(&google->answer.body));
    return err;
}

static enum tt_err get_subject(struct tt_google *google, struct tt_buf *subject,
                               struct tt_fault *fault)
{
    const struct tt_json *source = tt_json_get(google->file, "credential_source");
    struct tt_str file = tt_google_text(source, "file"), url = tt_google_text(source, "url");
    struct tt_buf text;
    tt_buf_init(&text, TOKEN_BYTES_MAX);
    enum tt_err err;
    if (file.len > 0)
        err = google->settings.read_file(file.ptr, &text, fault);
    else if (url.len > 0 && tt_google_text(source, "environment_id").ptr == NULL)
        err = fetch_subject(google, source, url, &text, fault);
    else
        err = tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                           "%s: credential_source: expected a file or a url", google->path);
    if (err == TT_OK)
        err = take_subject(google, source, &text, subject, fault);
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    tt_buf_done(&text);
    return err;
}

static enum tt_err exchange(struct tt_google *google, struct tt_str subject, bool impersonates,
                            struct tt_google_grant *ret_grant, struct tt_fault *fault)
{
    struct tt_str url, audience, type;
    struct tt_json *json = NULL;
    enum tt_err err = tt_google_need(google, google->file, "token_url", &url, fault);
    if (err == TT_OK)
        err = tt_google_need(google, google->file, "audience", &audience, fault);
    if (err == TT_OK)
        err = tt_google_need(google, google->file, "subject_token_type", &type, fault);
    if (err != TT_OK)
        return err;
    struct tt_buf form;
    tt_buf_init(&form, 4 * TOKEN_BYTES_MAX);
    tt_google_form(&form, "grant_type", TT_STR("urn:ietf:params:oauth:grant-type:token-exchange"));
    tt_google_form(&form, "requested_token_type",
                   TT_STR("urn:ietf:params:oauth:token-type:access_token"));
    tt_google_form(&form, "audience", audience);
    tt_google_form(&form, "scope", tt_str_from(impersonates ? platform : google->settings.scope));
    tt_google_form(&form, "subject_token_type", type);
    tt_google_form(&form, "subject_token", subject);
    err = tt_google_ask(google, url.ptr, tt_buf_str(&form), false, NULL, &json, fault);
    if (form.data != NULL)
        explicit_bzero(form.data, form.len);
    tt_buf_done(&form);
    return err == TT_OK ? tt_google_read_grant(json, ret_grant, fault) : err;
}

/* Replaces the federated token by the service account's. */
static enum tt_err impersonate(struct tt_google *google, struct tt_str url,
                               struct tt_google_grant *grant, struct tt_fault *fault)
{
    const struct tt_clock *clock = google->settings.clock;
    struct tt_buf bearer, body;
    struct tt_json *json = NULL;
    tt_buf_init(&bearer, TOKEN_BYTES_MAX);
    tt_buf_init(&body, 4096);
    tt_buf_add_text(&bearer, "Bearer ");
    tt_buf_add_str(&bearer, grant->token);
    tt_buf_add_text(&body, "{\"scope\":[");
    for (const char *at = google->settings.scope; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (at != google->settings.scope)
            tt_buf_add_char(&body, ',');
        tt_json_add_text(&body, (struct tt_str){at, len});
        at += len + (at[len] == ' ');
    }
    tt_buf_add_text(&body, "]}");
    const struct tt_http_header header = {"Authorization", tt_buf_str(&bearer)};
    enum tt_err err =
        tt_google_ask(google, url.ptr, tt_buf_str(&body), true, &header, &json, fault);
    explicit_bzero(bearer.data, bearer.len);
    tt_buf_done(&bearer);
    tt_buf_done(&body);
    if (err != TT_OK)
        return err;
    int64_t end;
    struct tt_str token = tt_google_text(json, "accessToken");
    int64_t lifetime = 0;
    if (tt_time_parse(tt_google_text(json, "expireTime"), &end))
        lifetime = end - clock->wall_us(clock->context);
    if (token.len == 0 || lifetime <= 0) {
        tt_json_free(json);
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "no token: the answer has no accessToken and expireTime to come");
    }
    tt_json_free(grant->json);
    *grant = (struct tt_google_grant){token, lifetime, json};
    return TT_OK;
}

enum tt_err tt_google_external_account(struct tt_google *google, struct tt_google_grant *ret_grant,
                                       struct tt_fault *fault)
{
    struct tt_str url = tt_google_text(google->file, "service_account_impersonation_url");
    struct tt_google_grant grant = {0};
    struct tt_buf subject;
    tt_buf_init(&subject, TOKEN_BYTES_MAX);
    enum tt_err err = get_subject(google, &subject, fault);
    if (err == TT_OK)
        err = exchange(google, tt_buf_str(&subject), url.len > 0, &grant, fault);
    if (subject.data != NULL)
        explicit_bzero(subject.data, subject.len);
    tt_buf_done(&subject);
    if (err == TT_OK && url.len > 0)
        err = impersonate(google, url, &grant, fault);
    if (err == TT_OK)
        *ret_grant = grant;
    else
        tt_json_free(grant.json);
    return err;
}
