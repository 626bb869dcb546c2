/* An external account of AWS: a request to AWS's GetCallerIdentity, signed (Signature Version 4)
 * with this machine's AWS credentials and not sent. Google sends it, and learns from AWS who we
 * are; that it is meant for this audience alone is signed with it.
 *
 * Credentials come from the environment, else from the machine's metadata server (by a session of
 * IMDSv2 where the file names its address). */
#include "adapters/google/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

enum { TEXT_BYTES_MAX = 64 << 10, HEX = 2 * TT_SHA256_BYTES + 1, DEPTH_MAX = 8 };

struct aws {
    struct tt_google *google;
    const struct tt_json *source;
    struct tt_fault *fault;
    struct tt_buf session; /* of IMDSv2; empty: none */
    struct tt_buf region, id, secret, token;
};

/* ---- What this machine has */

static enum tt_err ask(struct aws *aws, const char *url, struct tt_buf *text)
{
    const struct tt_http_header header = {"x-aws-ec2-metadata-token", tt_buf_str(&aws->session)};
    return tt_google_fetch(aws->google, "GET", url, &header, aws->session.len > 0, text,
                           aws->fault);
}

static enum tt_err begin_session(struct aws *aws)
{
    const struct tt_http_header header = {"x-aws-ec2-metadata-token-ttl-seconds", TT_STR("300")};
    struct tt_str url = tt_google_text(aws->source, "imdsv2_session_token_url");
    if (url.len == 0 || aws->session.len > 0)
        return TT_OK;
    return tt_google_fetch(aws->google, "PUT", url.ptr, &header, 1, &aws->session, aws->fault);
}

static enum tt_err find_region(struct aws *aws)
{
    struct tt_str url;
    if (aws->google->settings.aws_region != NULL) {
        tt_buf_add_text(&aws->region, aws->google->settings.aws_region);
        return TT_OK;
    }
    enum tt_err err = tt_google_need(aws->google, aws->source, "region_url", &url, aws->fault);
    if (err == TT_OK)
        err = begin_session(aws);
    if (err == TT_OK)
        err = ask(aws, url.ptr, &aws->region);
    if (err == TT_OK && aws->region.len > 0)
        aws->region.len--; /* us-east-1b is a zone of us-east-1 */
    return err;
}

static enum tt_err read_keys(struct aws *aws, struct tt_str text)
{
    struct tt_json *json = NULL;
    struct tt_fault quoting = {0};
    if (tt_json_parse(text, DEPTH_MAX, &json, &quoting) == TT_OK) {
        tt_buf_add_str(&aws->id, tt_google_text(json, "AccessKeyId"));
        tt_buf_add_str(&aws->secret, tt_google_text(json, "SecretAccessKey"));
        tt_buf_add_str(&aws->token, tt_google_text(json, "Token"));
        tt_json_free(json);
    }
    if (aws->id.len > 0 && aws->secret.len > 0)
        return TT_OK;
    return tt_fault_set(aws->fault, TT_ERR_UNAVAILABLE, "%s: credential_source: no keys of AWS",
                        aws->google->path);
}

static enum tt_err find_keys(struct aws *aws)
{
    const struct tt_google_settings *settings = &aws->google->settings;
    struct tt_str url;
    if (settings->aws_access_key_id != NULL && settings->aws_secret_access_key != NULL) {
        tt_buf_add_text(&aws->id, settings->aws_access_key_id);
        tt_buf_add_text(&aws->secret, settings->aws_secret_access_key);
        if (settings->aws_session_token != NULL)
            tt_buf_add_text(&aws->token, settings->aws_session_token);
        return TT_OK;
    }
    struct tt_buf role, text;
    tt_buf_init(&role, 4096);
    tt_buf_init(&text, TEXT_BYTES_MAX);
    enum tt_err err = tt_google_need(aws->google, aws->source, "url", &url, aws->fault);
    if (err == TT_OK)
        err = begin_session(aws);
    tt_buf_add_str(&role, url);
    tt_buf_add_char(&role, '/');
    if (err == TT_OK)
        err = ask(aws, url.ptr, &role);
    if (err == TT_OK)
        err = ask(aws, role.data, &text);
    if (err == TT_OK)
        err = read_keys(aws, tt_buf_str(&text));
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    tt_buf_done(&role);
    tt_buf_done(&text);
    return err;
}

/* ---- Signing */

static void to_hex(const unsigned char bytes[static TT_SHA256_BYTES], char to[static HEX])
{
    for (int i = 0; i < TT_SHA256_BYTES; i++)
        snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

static enum tt_err digest(const struct aws *aws, struct tt_str text, char to[static HEX])
{
    const struct tt_crypto *crypto = aws->google->settings.crypto;
    unsigned char bytes[TT_SHA256_BYTES];
    struct tt_digest *running = NULL;
    enum tt_err err = crypto->digest_begin(crypto->context, &running, aws->fault);
    if (err != TT_OK)
        return err;
    crypto->digest_add(running, text.ptr, text.len);
    crypto->digest_end(running, bytes);
    to_hex(bytes, to);
    return TT_OK;
}

/* The key of a day, a region and a service is made from the secret, name after name. */
static enum tt_err sign(const struct aws *aws, struct tt_str secret, const char *const names[4],
                        struct tt_str text, char to[static HEX])
{
    const struct tt_crypto *crypto = aws->google->settings.crypto;
    unsigned char key[TT_SHA256_BYTES], next[TT_SHA256_BYTES];
    struct tt_str from = secret;
    enum tt_err err = TT_OK;
    for (int i = 0; i < 5 && err == TT_OK; i++) {
        err = crypto->hmac_sha256(crypto->context, from, i < 4 ? tt_str_from(names[i]) : text, next,
                                  aws->fault);
        memcpy(key, next, sizeof key);
        from = (struct tt_str){(const char *)key, sizeof key};
    }
    to_hex(key, to);
    explicit_bzero(key, sizeof key);
    explicit_bzero(next, sizeof next);
    return err;
}

/* A request's parts: https://HOST/PATH?QUERY. */
struct address {
    struct tt_str host, path, query;
};

static struct address split(struct tt_str url)
{
    const char *scheme = strstr(url.ptr, "://");
    const char *host = scheme == NULL ? url.ptr : scheme + 3;
    size_t end = strcspn(host, "/?");
    const char *path = host + end, *query = path + strcspn(path, "?");
    struct address address = {{host, end}, {path, (size_t)(query - path)}, TT_STR("")};
    if (address.path.len == 0)
        address.path = TT_STR("/");
    if (*query == '?')
        address.query = tt_str_from(query + 1);
    return address;
}

/* Headers follow one another. */
static void add_header(struct tt_buf *subject, const char *key, struct tt_str value)
{
    tt_buf_add_text(subject, ",{");
    tt_json_add_key(subject, "key");
    tt_json_add_text(subject, tt_str_from(key));
    tt_json_add_key(subject, "value");
    tt_json_add_text(subject, value);
    tt_buf_add_char(subject, '}');
}

static enum tt_err authorization(const struct aws *aws, const struct address *to, const char *time,
                                 struct tt_str audience, struct tt_buf *header)
{
    char day[9], service[64], region[64], hash[HEX], signature[HEX];
    const char *names = aws->token.len > 0
                            ? "host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource"
                            : "host;x-amz-date;x-goog-cloud-target-resource";
    struct tt_buf text, secret;
    tt_buf_init(&text, TEXT_BYTES_MAX);
    tt_buf_init(&secret, 4096);
    snprintf(day, sizeof day, "%.8s", time);
    snprintf(service, sizeof service, "%.*s", (int)strcspn(to->host.ptr, "."), to->host.ptr);
    snprintf(region, sizeof region, "%.*s", TT_STR_ARGS(tt_buf_str(&aws->region)));
    enum tt_err err = digest(aws, TT_STR(""), hash);
    tt_buf_addf(&text, "POST\n%.*s\n%.*s\nhost:%.*s\nx-amz-date:%s\n", TT_STR_ARGS(to->path),
                TT_STR_ARGS(to->query), TT_STR_ARGS(to->host), time);
    if (aws->token.len > 0)
        tt_buf_addf(&text, "x-amz-security-token:%s\n", aws->token.data);
    tt_buf_addf(&text, "x-goog-cloud-target-resource:%.*s\n\n%s\n%s", TT_STR_ARGS(audience), names,
                hash);
    if (err == TT_OK)
        err = tt_google_written(aws->google, &text, aws->fault);
    if (err == TT_OK)
        err = digest(aws, tt_buf_str(&text), hash);
    tt_buf_clear(&text);
    tt_buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", time, day, region,
                service, hash);
    tt_buf_addf(&secret, "AWS4%s", aws->secret.data);
    const char *const steps[4] = {day, region, service, "aws4_request"};
    if (err == TT_OK)
        err = tt_google_written(aws->google, &text, aws->fault);
    if (err == TT_OK)
        err = tt_google_written(aws->google, &secret, aws->fault);
    if (err == TT_OK)
        err = sign(aws, tt_buf_str(&secret), steps, tt_buf_str(&text), signature);
    if (err == TT_OK)
        tt_buf_addf(header,
                    "AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, "
                    "Signature=%s",
                    aws->id.data, day, region, service, names, signature);
    if (secret.data != NULL)
        explicit_bzero(secret.data, secret.len);
    tt_buf_done(&text);
    tt_buf_done(&secret);
    return err;
}

/* The request as JSON, every byte that is not plain in percent. */
static enum tt_err write_subject(const struct aws *aws, struct tt_str audience,
                                 struct tt_buf *subject)
{
    char time[20];
    struct tt_buf url, json, header;
    const struct tt_clock *clock = aws->google->settings.clock;
    time_t seconds = (time_t)(clock->wall_us(clock->context) / 1000000);
    struct tm parts;
    struct tt_str pattern, region = tt_buf_str(&aws->region);
    enum tt_err err = tt_google_need(aws->google, aws->source, "regional_cred_verification_url",
                                     &pattern, aws->fault);
    if (err != TT_OK)
        return err;
    strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &parts));
    tt_buf_init(&url, 4096);
    tt_buf_init(&json, TEXT_BYTES_MAX);
    tt_buf_init(&header, TEXT_BYTES_MAX);
    const char *hole = strstr(pattern.ptr, "{region}");
    if (hole == NULL) {
        tt_buf_add_str(&url, pattern);
    } else {
        tt_buf_add(&url, pattern.ptr, (size_t)(hole - pattern.ptr));
        tt_buf_add_str(&url, region);
        tt_buf_add_text(&url, hole + strlen("{region}"));
    }
    const struct address to = split(tt_buf_str(&url));
    err = tt_google_written(aws->google, &url, aws->fault);
    if (err == TT_OK)
        err = authorization(aws, &to, time, audience, &header);
    if (err == TT_OK)
        err = tt_google_written(aws->google, &header, aws->fault);
    tt_buf_add_char(&json, '{');
    tt_json_add_key(&json, "url");
    tt_json_add_text(&json, tt_buf_str(&url));
    tt_buf_add_text(&json,
                    ",\"method\":\"POST\",\"headers\":[{\"key\":\"Authorization\",\"value\":");
    tt_json_add_text(&json, tt_buf_str(&header));
    tt_buf_add_char(&json, '}');
    add_header(&json, "host", to.host);
    add_header(&json, "x-amz-date", tt_str_from(time));
    if (aws->token.len > 0)
        add_header(&json, "x-amz-security-token", tt_buf_str(&aws->token));
    add_header(&json, "x-goog-cloud-target-resource", audience);
    tt_buf_add_text(&json, "]}");
    tt_google_percent(subject, tt_buf_str(&json));
    if (err == TT_OK)
        err = tt_google_written(aws->google, &json, aws->fault);
    if (err == TT_OK)
        err = tt_google_written(aws->google, subject, aws->fault);
    tt_buf_done(&url);
    tt_buf_done(&json);
    tt_buf_done(&header);
    return err;
}

enum tt_err tt_google_aws_subject(struct tt_google *google, const struct tt_json *source,
                                  struct tt_buf *subject, struct tt_fault *fault)
{
    struct aws aws = {.google = google, .source = source, .fault = fault};
    struct tt_buf *const all[] = {&aws.session, &aws.region, &aws.id, &aws.secret, &aws.token};
    enum { ALL = sizeof all / sizeof *all };
    struct tt_str audience;
    for (int i = 0; i < ALL; i++)
        tt_buf_init(all[i], 16 << 10);
    if (!tt_str_equal(tt_google_text(source, "environment_id"), TT_STR("aws1")))
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "%s: credential_source: environment_id: expected aws1", google->path);
    enum tt_err err = tt_google_need(google, google->source, "audience", &audience, fault);
    if (err == TT_OK)
        err = find_region(&aws);
    if (err == TT_OK)
        err = find_keys(&aws);
    for (int i = 0; i < ALL && err == TT_OK; i++)
        err = tt_google_written(google, all[i], fault);
    if (err == TT_OK)
        err = write_subject(&aws, audience, subject);
    for (int i = 0; i < ALL; i++) {
        if (all[i]->data != NULL)
            explicit_bzero(all[i]->data, all[i]->len);
        tt_buf_done(all[i]);
    }
    return err;
}
