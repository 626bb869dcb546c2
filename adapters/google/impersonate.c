/* Another service account's token, for who may make it (generateAccessToken of IAM credentials). */
#include "adapters/google/parts.h"

enum { TOKEN_BYTES_MAX = 64 << 10 };

struct tt_str tt_google_scope(const struct tt_google *google)
{
    return google->impersonation != NULL ? TT_STR("https://www.googleapis.com/auth/cloud-platform")
                                         : tt_str_from(google->settings.scope);
}

static void write_body(const struct tt_google *google, struct tt_buf *body)
{
    const struct tt_json *delegates = tt_json_get(google->file, "delegates");
    const struct tt_json *options = tt_json_get(google->file, "service_account_impersonation");
    const struct tt_json *seconds = NULL;
    tt_buf_add_text(body, "{\"scope\":[");
    for (const char *at = google->settings.scope; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (at != google->settings.scope)
            tt_buf_add_char(body, ',');
        tt_json_add_text(body, (struct tt_str){at, len});
        at += len + (at[len] == ' ');
    }
    tt_buf_add_char(body, ']');
    if (delegates != NULL && tt_json_type(delegates) == TT_JSON_ARRAY &&
        tt_json_count(delegates) > 0) {
        tt_json_add_key(body, "delegates");
        tt_json_write(body, delegates);
    }
    if (options != NULL && tt_json_type(options) == TT_JSON_OBJECT)
        seconds = tt_json_get(options, "token_lifetime_seconds");
    if (seconds != NULL && tt_json_type(seconds) == TT_JSON_INT)
        tt_buf_addf(body, ",\"lifetime\":\"%llds\"", (long long)tt_json_int(seconds));
    tt_buf_add_char(body, '}');
}

enum tt_err tt_google_impersonate(struct tt_google *google, struct tt_google_grant *grant,
                                  struct tt_fault *fault)
{
    const struct tt_clock *clock = google->settings.clock;
    struct tt_buf bearer, body;
    struct tt_json *json = NULL;
    tt_buf_init(&bearer, TOKEN_BYTES_MAX);
    tt_buf_init(&body, 4096);
    tt_buf_add_text(&bearer, "Bearer ");
    tt_buf_add_str(&bearer, grant->token);
    write_body(google, &body);
    const struct tt_http_header header = {"Authorization", tt_buf_str(&bearer)};
    enum tt_err err = tt_google_written(google, &bearer, fault);
    if (err == TT_OK)
        err = tt_google_written(google, &body, fault);
    if (err == TT_OK)
        err = tt_google_ask(google, google->impersonation, tt_buf_str(&body), true, &header, &json,
                            fault);
    if (bearer.data != NULL)
        explicit_bzero(bearer.data, bearer.len);
    tt_buf_done(&bearer);
    tt_buf_done(&body);
    if (err != TT_OK)
        return err;
    int64_t end, lifetime = 0, now = clock->wall_us(clock->context);
    struct tt_str token = tt_google_text(json, "accessToken");
    /* By the clock of who says when it ends; ours may be wrong. */
    (void)!tt_google_date(tt_http_header(&google->answer, "date"), &now);
    if (tt_time_parse(tt_google_text(json, "expireTime"), &end))
        lifetime = end - now;
    if (token.len == 0 || lifetime <= 0) {
        tt_json_free(json);
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "no token: the answer has no accessToken and expireTime to come");
    }
    tt_json_free(grant->json);
    *grant = (struct tt_google_grant){token, lifetime, json};
    return TT_OK;
}
