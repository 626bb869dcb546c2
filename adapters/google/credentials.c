/* Happy path: the token in hand, until five minutes before its end; then a new one.
 *
 * Failure modes: whoever gives tokens is away, or answers more than can be read: the old token is
 * used to its end. A token is refused before its end (revoked): dropped, another one, once. */
#include "adapters/google/parts.h"

#include <stdio.h>

enum { FILE_BYTES_MAX = 1 << 20, TOKEN_BYTES_MAX = 64 << 10, DEPTH_MAX = 16 };
#define SECOND_US         INT64_C(1000000)
#define FRESH_US          (300 * SECOND_US)
/* The metadata server hands the same token out until its last four minutes or so. */
#define FRESH_METADATA_US (225 * SECOND_US)
#define LAST_US           (30 * SECOND_US)

struct tt_str tt_google_text(const struct tt_json *object, const char *key)
{
    if (object == NULL || tt_json_type(object) != TT_JSON_OBJECT)
        return TT_STR_NONE;
    const struct tt_json *value = tt_json_get(object, key);
    return value != NULL && tt_json_type(value) == TT_JSON_TEXT ? tt_json_text(value) : TT_STR_NONE;
}

enum tt_err tt_google_need(const struct tt_google *google, const struct tt_json *object,
                           const char *key, struct tt_str *ret_text, struct tt_fault *fault)
{
    struct tt_str text = tt_google_text(object, key);
    if (text.len == 0)
        return tt_fault_set(fault, TT_ERR_INVALID, "%s: \"%s\" is missing", google->path, key);
    *ret_text = text;
    return TT_OK;
}

/* ---- Finding and reading them */

static enum tt_err read_kind(struct tt_google *google, bool within, struct tt_fault *fault)
{
    struct tt_str type, name = TT_STR_NONE;
    enum tt_err err = tt_google_need(google, google->source, "type", &type, fault);
    if (err != TT_OK)
        return err;
    if (tt_str_equal(type, TT_STR("service_account"))) {
        google->kind = TT_GOOGLE_SERVICE_ACCOUNT;
        err = tt_google_need(google, google->source, "client_email", &name, fault);
        snprintf(google->who, sizeof google->who, "service account %.*s", TT_STR_ARGS(name));
    } else if (tt_str_equal(type, TT_STR("authorized_user"))) {
        google->kind = TT_GOOGLE_AUTHORIZED_USER;
        snprintf(google->who, sizeof google->who, "the user of %s", google->path);
    } else if (tt_str_equal(type, TT_STR("external_account"))) {
        google->kind = TT_GOOGLE_EXTERNAL_ACCOUNT;
        snprintf(google->who, sizeof google->who, "the external account of %s", google->path);
    } else if (tt_str_equal(type, TT_STR("impersonated_service_account")) && !within) {
        google->source = tt_json_get(google->file, "source_credentials");
        err =
            tt_google_need(google, google->file, "service_account_impersonation_url", &name, fault);
        return err == TT_OK ? read_kind(google, true, fault) : err;
    } else {
        err = tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                           "%s: %stype \"%.*s\": expected service_account, authorized_user, "
                           "external_account%s",
                           google->path, within ? "source_credentials: " : "", TT_STR_ARGS(type),
                           within ? "" : " or impersonated_service_account");
    }
    return err;
}

/* An external account's own, or that around the source. */
static void read_impersonation(struct tt_google *google)
{
    const struct tt_json *from =
        google->kind == TT_GOOGLE_EXTERNAL_ACCOUNT || google->source != google->file ? google->file
                                                                                     : NULL;
    struct tt_str url = tt_google_text(from, "service_account_impersonation_url");
    if (url.len == 0)
        return;
    const char *account = strrchr(url.ptr, '/');
    google->impersonation = url.ptr;
    if (account != NULL)
        snprintf(google->who, sizeof google->who, "service account %.*s, impersonated",
                 (int)strcspn(account + 1, ":"), account + 1);
}

static char *copy(struct tt_str text)
{
    char *to = tt_mem_alloc(text.len + 1);
    if (to != NULL) {
        memcpy(to, text.ptr, text.len);
        to[text.len] = '\0';
    }
    return to;
}

static enum tt_err read_projects(struct tt_google *google, struct tt_fault *fault)
{
    struct tt_str project = tt_google_text(google->file, "project_id");
    struct tt_str quota = google->settings.quota_project == NULL
                              ? tt_google_text(google->file, "quota_project_id")
                              : tt_str_from(google->settings.quota_project);
    google->project = project.len > 0 ? copy(project) : NULL;
    google->quota_project = quota.len > 0 ? copy(quota) : NULL;
    if ((project.len > 0 && google->project == NULL) ||
        (quota.len > 0 && google->quota_project == NULL))
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    return TT_OK;
}

static enum tt_err read_credentials(struct tt_google *google, const char *path,
                                    struct tt_fault *fault)
{
    struct tt_buf text;
    struct tt_fault quoting = {0}; /* may quote the key: not told */
    tt_buf_init(&text, FILE_BYTES_MAX);
    google->path = path;
    enum tt_err err = google->settings.read_file(path, &text, fault);
    if (err == TT_OK) {
        err = tt_json_parse(tt_buf_str(&text), DEPTH_MAX, &google->file, &quoting);
        if (err == TT_ERR_REJECT || (err == TT_OK && tt_json_type(google->file) != TT_JSON_OBJECT))
            err = tt_fault_set(fault, TT_ERR_INVALID, "%s: expected a JSON object", path);
        else if (err != TT_OK)
            tt_fault_set(fault, err, "out of memory");
    }
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    tt_buf_done(&text);
    google->source = google->file;
    if (err == TT_OK)
        err = read_kind(google, false, fault);
    if (err == TT_OK)
        read_impersonation(google);
    return err;
}

static enum tt_err find(struct tt_google *google, struct tt_fault *fault)
{
    const struct tt_google_settings *settings = &google->settings;
    if (settings->file != NULL && settings->file[0] != '\0')
        return read_credentials(google, settings->file, fault);
    if (settings->well_known_file != NULL) {
        struct tt_fault missing = {0};
        enum tt_err err = read_credentials(google, settings->well_known_file, &missing);
        if (err != TT_ERR_NOT_FOUND)
            return err == TT_OK ? err : tt_fault_set(fault, err, "%s", missing.text);
    }
    google->path = NULL;
    google->kind = TT_GOOGLE_METADATA;
    snprintf(google->who, sizeof google->who, "this machine's service account");
    return TT_OK;
}

enum tt_err tt_google_open(const struct tt_google_settings *settings, struct tt_google **ret_google,
                           struct tt_fault *fault)
{
    struct tt_google *google = tt_mem_zalloc(sizeof *google);
    if (google == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    google->settings = *settings;
    tt_buf_init(&google->token, TOKEN_BYTES_MAX);
    tt_http_answer_init(&google->answer);
    enum tt_err err = find(google, fault);
    if (err == TT_OK)
        err = read_projects(google, fault);
    if (err != TT_OK) {
        tt_google_close(google);
        return err;
    }
    *ret_google = google;
    return TT_OK;
}

static void forget(struct tt_buf *secret)
{
    if (secret->data != NULL)
        explicit_bzero(secret->data, secret->len);
    tt_buf_clear(secret);
}

void tt_google_close(struct tt_google *google)
{
    if (google == NULL)
        return;
    forget(&google->token);
    forget(&google->answer.body);
    tt_buf_done(&google->token);
    tt_http_answer_done(&google->answer);
    tt_json_free(google->file);
    tt_mem_free(google->project);
    tt_mem_free(google->quota_project);
    tt_mem_free(google);
}

const char *tt_google_quota_project(const struct tt_google *google)
{
    return google->quota_project;
}

const char *tt_google_project(const struct tt_google *google)
{
    return google->project;
}

const char *tt_google_who(const struct tt_google *google)
{
    return google->who;
}

/* ---- Tokens */

static enum tt_err authorized_user(struct tt_google *google, struct tt_google_grant *ret_grant,
                                   struct tt_fault *fault)
{
    static const char *const keys[] = {"client_id", "client_secret", "refresh_token"};
    struct tt_buf form;
    struct tt_json *json = NULL;
    struct tt_str url = tt_google_text(google->source, "token_uri");
    tt_buf_init(&form, TOKEN_BYTES_MAX);
    tt_google_form(&form, "grant_type", TT_STR("refresh_token"));
    enum tt_err err = TT_OK;
    for (size_t i = 0; err == TT_OK && i < sizeof keys / sizeof *keys; i++) {
        struct tt_str value;
        err = tt_google_need(google, google->source, keys[i], &value, fault);
        if (err == TT_OK)
            tt_google_form(&form, keys[i], value);
    }
    if (err == TT_OK)
        err = tt_google_written(google, &form, fault);
    if (err == TT_OK)
        err =
            tt_google_ask(google, url.ptr == NULL ? "https://oauth2.googleapis.com/token" : url.ptr,
                          tt_buf_str(&form), false, NULL, &json, fault);
    if (err == TT_OK)
        err = tt_google_read_grant(json, ret_grant, fault);
    forget(&form);
    tt_buf_done(&form);
    return err;
}

static enum tt_err get_grant(struct tt_google *google, struct tt_google_grant *ret_grant,
                             struct tt_fault *fault)
{
    switch (google->kind) {
    case TT_GOOGLE_SERVICE_ACCOUNT: return tt_google_service_account(google, ret_grant, fault);
    case TT_GOOGLE_AUTHORIZED_USER: return authorized_user(google, ret_grant, fault);
    case TT_GOOGLE_EXTERNAL_ACCOUNT: return tt_google_external_account(google, ret_grant, fault);
    default: return tt_google_metadata(google, ret_grant, fault);
    }
}

static void keep(struct tt_google *google, const struct tt_google_grant *grant, int64_t from_us,
                 int64_t margin_us)
{
    forget(&google->token);
    tt_buf_add_str(&google->token, grant->token);
    google->good_until.us = from_us + grant->lifetime_us;
    google->fresh_until.us = google->good_until.us - margin_us;
}

static enum tt_err renew(struct tt_google *google, struct tt_fault *fault)
{
    const struct tt_clock *clock = google->settings.clock;
    /* From before the request: the token is at least as old as that. */
    struct tt_mono now = clock->mono(clock->context);
    struct tt_google_grant grant = {0};
    enum tt_err err = get_grant(google, &grant, fault);
    if (err == TT_OK && google->impersonation != NULL)
        err = tt_google_impersonate(google, &grant, fault);
    if (err == TT_OK) {
        int64_t margin = google->kind == TT_GOOGLE_METADATA ? FRESH_METADATA_US : FRESH_US;
        if (margin > grant.lifetime_us / 4)
            margin = grant.lifetime_us / 4;
        if (grant.token.len > TOKEN_BYTES_MAX)
            err = tt_fault_set(fault, TT_ERR_LIMIT, "access token: too long");
        else
            keep(google, &grant, now.us, margin);
        if (err == TT_OK && google->token.err != TT_OK)
            err = tt_fault_set(fault, google->token.err, "out of memory");
    }
    tt_json_free(grant.json);
    forget(&google->answer.body);
    if (err == TT_OK)
        return err;
    tt_fault_prefix(fault, "credentials (%s)", google->who);
    /* Too long, or nonsense: that is of who answered, not of what the token is for. */
    if (tt_err_class(err) == TT_CLASS_POISON)
        err = TT_ERR_UNAVAILABLE;
    if (fault != NULL)
        fault->code = err;
    return err;
}

enum tt_err tt_google_authorize(void *context, bool refused, struct tt_buf *value,
                                struct tt_fault *fault)
{
    struct tt_google *google = context;
    const struct tt_clock *clock = google->settings.clock;
    int64_t now = clock->mono(clock->context).us;
    if (refused)
        forget(&google->token);
    if (google->token.len == 0 || now >= google->fresh_until.us) {
        struct tt_fault away = {0};
        enum tt_err err = renew(google, &away);
        bool usable = google->token.len > 0 && now < google->good_until.us - LAST_US;
        if (err != TT_OK && !(tt_err_class(err) == TT_CLASS_RETRY && usable))
            return tt_fault_set(fault, err, "%s", away.text);
    }
    tt_buf_add_text(value, "Bearer ");
    tt_buf_add_str(value, tt_buf_str(&google->token));
    if (value->err == TT_ERR_LIMIT)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "access token: too long");
    return value->err == TT_OK ? TT_OK : tt_fault_set(fault, value->err, "out of memory");
}
