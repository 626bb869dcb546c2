/* A service account: what it asks for, signed with its key (RFC 7523), is exchanged for a token. */
#include "adapters/google/parts.h"
#include "core/base/base64.h"

enum { ASSERTION_BYTES_MAX = 64 << 10 };

static void add_pair(struct tt_buf *json, const char *key, struct tt_str value)
{
    tt_json_add_key(json, key);
    tt_json_add_text(json, value);
}

static void write_header(struct tt_buf *json, struct tt_str key_id)
{
    tt_buf_add_char(json, '{');
    add_pair(json, "alg", TT_STR("RS256"));
    add_pair(json, "typ", TT_STR("JWT"));
    if (key_id.len > 0)
        add_pair(json, "kid", key_id);
    tt_buf_add_char(json, '}');
}

static void write_claims(const struct tt_google *google, struct tt_buf *json, struct tt_str issuer,
                         struct tt_str audience)
{
    const struct tt_clock *clock = google->settings.clock;
    int64_t now = clock->wall_us(clock->context) / 1000000;
    tt_buf_add_char(json, '{');
    add_pair(json, "iss", issuer);
    add_pair(json, "scope", tt_google_scope(google));
    add_pair(json, "aud", audience);
    tt_json_add_key(json, "iat");
    tt_buf_add_int(json, now);
    tt_json_add_key(json, "exp");
    tt_buf_add_int(json, now + 3600);
    tt_buf_add_char(json, '}');
}

static enum tt_err write_assertion(const struct tt_google *google, struct tt_str audience,
                                   struct tt_buf *assertion, struct tt_fault *fault)
{
    const struct tt_crypto *crypto = google->settings.crypto;
    struct tt_str issuer, key;
    enum tt_err err = tt_google_need(google, google->source, "client_email", &issuer, fault);
    if (err == TT_OK)
        err = tt_google_need(google, google->source, "private_key", &key, fault);
    if (err != TT_OK)
        return err;
    struct tt_buf part, signature;
    tt_buf_init(&part, ASSERTION_BYTES_MAX);
    tt_buf_init(&signature, ASSERTION_BYTES_MAX);
    write_header(&part, tt_google_text(google->source, "private_key_id"));
    tt_base64_add(assertion, part.data, part.len, TT_BASE64URL);
    tt_buf_clear(&part);
    write_claims(google, &part, issuer, audience);
    tt_buf_add_char(assertion, '.');
    tt_base64_add(assertion, part.data, part.len, TT_BASE64URL);
    err = crypto->sign_rs256(crypto->context, key, tt_buf_str(assertion), &signature, fault);
    if (err == TT_OK) {
        tt_buf_add_char(assertion, '.');
        tt_base64_add(assertion, signature.data, signature.len, TT_BASE64URL);
        err = tt_google_written(google, &part, fault);
        if (err == TT_OK)
            err = tt_google_written(google, assertion, fault);
    } else {
        tt_fault_prefix(fault, "%s", google->path);
    }
    tt_buf_done(&part);
    tt_buf_done(&signature);
    return err;
}

enum tt_err tt_google_service_account(struct tt_google *google, struct tt_google_grant *ret_grant,
                                      struct tt_fault *fault)
{
    struct tt_str audience = tt_google_text(google->source, "token_uri");
    struct tt_json *json = NULL;
    struct tt_buf assertion, form;
    if (audience.len == 0)
        audience = TT_STR("https://oauth2.googleapis.com/token");
    tt_buf_init(&assertion, ASSERTION_BYTES_MAX);
    tt_buf_init(&form, 2 * ASSERTION_BYTES_MAX);
    enum tt_err err = write_assertion(google, audience, &assertion, fault);
    if (err == TT_OK) {
        tt_google_form(&form, "grant_type", TT_STR("urn:ietf:params:oauth:grant-type:jwt-bearer"));
        tt_google_form(&form, "assertion", tt_buf_str(&assertion));
        err = tt_google_written(google, &form, fault);
    }
    if (err == TT_OK) {
        err = tt_google_ask(google, audience.ptr, tt_buf_str(&form), false, NULL, &json, fault);
    }
    if (err == TT_OK)
        err = tt_google_read_grant(json, ret_grant, fault);
    if (assertion.data != NULL)
        explicit_bzero(assertion.data, assertion.len);
    if (form.data != NULL)
        explicit_bzero(form.data, form.len);
    tt_buf_done(&assertion);
    tt_buf_done(&form);
    return err;
}
