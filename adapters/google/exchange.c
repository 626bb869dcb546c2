/* Requests for tokens, and what their answers say. */
#include "adapters/google/parts.h"

#include <ctype.h>
#include <stdio.h>

enum { DEPTH_MAX = 8, ANSWER_BYTES_MAX = 1 << 20, REQUEST_MS = 30 * 1000 };
#define SKEW_US (60 * INT64_C(1000000))

enum tt_err tt_google_written(const struct tt_google *google, const struct tt_buf *buf,
                              struct tt_fault *fault)
{
    if (buf->err == TT_OK)
        return TT_OK;
    return buf->err == TT_ERR_NO_MEMORY
               ? tt_fault_set(fault, buf->err, "out of memory")
               : tt_fault_set(fault, buf->err, "%s: too long for a request", google->path);
}

void tt_google_percent(struct tt_buf *to, struct tt_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
            tt_buf_add_char(to, (char)c);
        } else {
            tt_buf_add_char(to, '%');
            tt_buf_add_char(to, digits[c >> 4]);
            tt_buf_add_char(to, digits[c & 15]);
        }
    }
}

void tt_google_form(struct tt_buf *form, const char *name, struct tt_str value)
{
    if (form->len > 0)
        tt_buf_add_char(form, '&');
    tt_buf_add_text(form, name);
    tt_buf_add_char(form, '=');
    tt_google_percent(form, value);
}

/* ---- The clock */

bool tt_google_date(struct tt_str text, int64_t *ret_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char copy[40], name[4];
    int day, year, hour, minute, second, end = 0;
    snprintf(copy, sizeof copy, "%.*s", TT_STR_ARGS(text));
    if (sscanf(copy, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &day, name, &year, &hour,
               &minute, &second, &end) != 6 ||
        end == 0 || strlen(name) != 3)
        return false;
    const char *at = strstr(months, name);
    if (at == NULL || (at - months) % 3 != 0)
        return false;
    int month = (int)(at - months) / 3 + 1;
    if (!tt_time_date_exists(year, month, day) || hour > 23 || minute > 59 || second > 60 ||
        hour < 0 || minute < 0 || second < 0)
        return false;
    *ret_us = (tt_time_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) *
              INT64_C(1000000);
    return true;
}

/* Google refuses what is signed for another time: the usual reason is this machine's clock. */
static void tell_skew(const struct tt_google *google, struct tt_buf *text)
{
    const struct tt_clock *clock = google->settings.clock;
    int64_t theirs, ours = clock->wall_us(clock->context);
    if (!tt_google_date(tt_http_header(&google->answer, "date"), &theirs))
        return;
    int64_t ahead = ours - theirs;
    if (ahead > -SKEW_US && ahead < SKEW_US)
        return;
    tt_buf_add_text(text, "; this machine's clock is ");
    tt_buf_add_duration(text, ahead < 0 ? -ahead : ahead);
    tt_buf_add_text(text, ahead < 0 ? " behind" : " ahead");
}

/* ---- Asking */

/* What goes there are secrets: no plain HTTP but to this machine, as in tests. */
static bool is_safe(const char *url)
{
    static const char *const near[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    const char *host = strstr(url, "://");
    if (host == NULL || memchr(host + 3, '@', strcspn(host + 3, "/?#")) != NULL)
        return false; /* NAME:PASSWORD@HOST */
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        size_t len = strlen(near[i]);
        if (strncmp(url, near[i], len) == 0 && strchr(":/?", url[len]) != NULL)
            return true;
    }
    return strncmp(url, "https://", 8) == 0;
}

static enum tt_err tell(const struct tt_google *google, const struct tt_json *json,
                        struct tt_fault *fault)
{
    int status = google->answer.status;
    struct tt_str error = tt_google_text(json, "error");
    struct tt_str more = tt_google_text(json, "error_description");
    if (json != NULL && tt_json_type(json) == TT_JSON_OBJECT && error.ptr == NULL) {
        /* the form of Google's other interfaces */
        error = tt_google_text(tt_json_get(json, "error"), "status");
        more = tt_google_text(tt_json_get(json, "error"), "message");
    }
    struct tt_buf text;
    tt_buf_init(&text, TT_FAULT_TEXT_BYTES);
    tt_buf_addf(&text, "no token: status %d%s%.*s%s%.*s", status, error.len > 0 ? ", " : "",
                TT_STR_ARGS(error), more.len > 0 ? ": " : "", TT_STR_ARGS(more));
    if (google->kind == TT_GOOGLE_SERVICE_ACCOUNT)
        tell_skew(google, &text);
    bool passing = status == 408 || status == 429 || status >= 500 || status < 400;
    enum tt_err err = tt_fault_set(fault, passing ? TT_ERR_UNAVAILABLE : TT_ERR_DENIED, "%.*s",
                                   TT_STR_ARGS(tt_buf_str(&text)));
    tt_buf_done(&text);
    return err;
}

enum tt_err tt_google_ask(struct tt_google *google, const char *url, struct tt_str body,
                          bool body_is_json, const struct tt_http_header *extra,
                          struct tt_json **ret_json, struct tt_fault *fault)
{
    struct tt_http_header headers[2];
    size_t count = 0;
    if (body.ptr != NULL)
        headers[count++] = (struct tt_http_header){
            "Content-Type", body_is_json ? TT_STR("application/json")
                                         : TT_STR("application/x-www-form-urlencoded")};
    if (extra != NULL)
        headers[count++] = *extra;
    bool metadata = google->kind == TT_GOOGLE_METADATA;
    const struct tt_http_request request = {
        .method = body.ptr != NULL ? "POST" : "GET",
        .url = url,
        .headers = headers,
        .header_count = count,
        .text = body,
        .no_proxy = metadata,
        .connect_ms = metadata ? 1000 : 0, /* it is near, or not there */
        .total_ms = REQUEST_MS,
        .answer_bytes_max = ANSWER_BYTES_MAX,
    };
    if (!metadata && !is_safe(url))
        return tt_fault_set(fault, TT_ERR_INVALID, "%s: the address that gives tokens is not https",
                            google->path);
    const struct tt_http *http = google->settings.http;
    struct tt_fault quoting = {0};
    struct tt_json *json = NULL;
    enum tt_err err = http->send(http->context, &request, &google->answer, fault);
    if (err != TT_OK)
        return err;
    err = tt_json_parse(tt_buf_str(&google->answer.body), DEPTH_MAX, &json, &quoting);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(fault, err, "out of memory");
    if (google->answer.status != 200)
        err = tell(google, json, fault);
    else if (err != TT_OK || tt_json_type(json) != TT_JSON_OBJECT)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "no token: the answer is no JSON object");
    if (err == TT_OK)
        *ret_json = json;
    else
        tt_json_free(json);
    return err;
}

enum tt_err tt_google_read_grant(struct tt_json *json, struct tt_google_grant *ret_grant,
                                 struct tt_fault *fault)
{
    struct tt_str token = tt_google_text(json, "access_token");
    const struct tt_json *expires = tt_json_get(json, "expires_in");
    int64_t seconds =
        expires != NULL && tt_json_type(expires) == TT_JSON_INT ? tt_json_int(expires) : 0;
    if (token.len == 0 || seconds <= 0 || seconds > 30 * 86400) {
        tt_json_free(json);
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "no token: the answer has no access_token and expires_in");
    }
    *ret_grant = (struct tt_google_grant){token, seconds * 1000000, json};
    return TT_OK;
}

/* ---- The metadata server */

enum tt_err tt_google_metadata(struct tt_google *google, struct tt_google_grant *ret_grant,
                               struct tt_fault *fault)
{
    const struct tt_http_header flavor = {"Metadata-Flavor", TT_STR("Google")};
    const char *host = google->settings.metadata_host;
    struct tt_json *json = NULL;
    struct tt_buf url;
    enum tt_err err = TT_ERR_UNAVAILABLE;
    tt_buf_init(&url, 4096);
    tt_buf_addf(&url,
                "http://%s/computeMetadata/v1/instance/service-accounts/default/token?scopes=",
                host == NULL ? "169.254.169.254" : host);
    for (const char *c = google->settings.scope; *c != '\0'; c++)
        tt_buf_add_char(&url, *c == ' ' ? ',' : *c);
    if (url.err != TT_OK)
        err = tt_fault_set(fault, url.err, "metadata server: its name is too long");
    for (int tries = 0; tries < 3 && err == TT_ERR_UNAVAILABLE; tries++) {
        tt_fault_clear(fault);
        err = tt_google_ask(google, url.data, TT_STR_NONE, false, &flavor, &json, fault);
    }
    tt_buf_done(&url);
    if (err == TT_OK &&
        !tt_str_equal(tt_http_header(&google->answer, "metadata-flavor"), TT_STR("Google"))) {
        tt_json_free(json);
        err = tt_fault_set(fault, TT_ERR_DENIED, "who answers is not Google's metadata server");
    }
    if (err == TT_OK)
        return tt_google_read_grant(json, ret_grant, fault);
    return tt_fault_prefix(fault, "no credentials file, and no metadata server (set "
                                  "GOOGLE_APPLICATION_CREDENTIALS)");
}
