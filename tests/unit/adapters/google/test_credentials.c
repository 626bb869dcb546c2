/* Access tokens out of every kind of credentials, from the stand-in for whoever gives them. */
#include "adapters/google/credentials.h"

#include "adapters/http/http.h"
#include "adapters/openssl/crypto.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "core/base/json.h"
#include "tests/lib/keys.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000)

static struct tt_standin standin;
static struct tt_http http;
static struct tt_crypto crypto;
static struct tt_clock clock_port, system_port;
static int64_t ahead_us, later_us; /* of the wall's clock, of the monotonic one */
static struct tt_google *google;
static struct tt_fault fault;
static struct tt_buf value;
static char path[400], key_path[400];
static struct tt_google_settings settings;

static int64_t wall(void *context)
{
    return system_port.wall_us(context) + ahead_us;
}

static struct tt_mono mono(void *context)
{
    struct tt_mono now = system_port.mono(context);
    now.us += later_us;
    return now;
}

static void begin(void)
{
    struct tt_http_settings plain = {0};
    tt_standin_start(&standin);
    tt_standin_set(&standin, "settings", "{\"auth\":\"token\"}");
    ck_assert_int_eq(tt_http_open(&plain, &http, NULL), TT_OK);
    crypto = tt_openssl_crypto();
    system_port = tt_system_clock(NULL);
    clock_port = (struct tt_clock){system_port.context, wall, mono, system_port.sleep_us};
    tt_buf_init(&value, 1 << 16);
    settings = (struct tt_google_settings){.http = &http,
                                           .crypto = &crypto,
                                           .clock = &clock_port,
                                           .read_file = tt_file_read,
                                           .scope = "https://www.googleapis.com/auth/bigquery",
                                           .metadata_host = standin.url + strlen("http://")};
}

static void end(void)
{
    tt_google_close(google);
    google = NULL;
    tt_buf_done(&value);
    tt_http_close(&http);
    tt_standin_stop(&standin);
}

static void add_file(const char *name, char to[400])
{
    snprintf(to, 400, "%s", tt_tmpfile(name));
}

/* The private key as a JSON text, with the line ends escaped. */
static void write_service_account(const char *more)
{
    char public[400];
    add_file("key.pem", key_path);
    add_file("public.pem", public);
    tt_test_key(2048, key_path, public, NULL);
    char *pem = tt_read_file(key_path, NULL), *public_pem = tt_read_file(public, NULL);
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_buf_add_text(&text, "{\"type\":\"service_account\",\"client_email\":\"robot@p\","
                           "\"project_id\":\"project-of-key\",\"private_key_id\":\"k\","
                           "\"private_key\":");
    tt_json_add_text(&text, tt_str_from(pem));
    tt_buf_addf(&text, ",\"token_uri\":\"%s/token\"%s}", standin.url, more);
    add_file("account.json", path);
    tt_write_file(path, text.data, text.len);
    tt_buf_clear(&text);
    tt_json_add_text(&text, tt_str_from(public_pem));
    tt_standin_set(&standin, "keys", "{\"robot@p\":%s}", text.data);
    tt_buf_done(&text);
    free(pem);
    free(public_pem);
    settings.file = path;
}

TT_PRINTF(1, 2) static void write_json(const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_file("account.json", path);
    tt_write_file(path, text, strlen(text));
    settings.file = path;
}

static enum tt_err authorize(bool refused)
{
    tt_fault_clear(&fault);
    tt_buf_clear(&value);
    return tt_google_authorize(google, refused, &value, &fault);
}

static enum tt_err open_it(void)
{
    tt_fault_clear(&fault);
    return tt_google_open(&settings, &google, &fault);
}

#define ck_assert_ok(call)                                                                         \
    do {                                                                                           \
        enum tt_err tt_err_ = call;                                                                \
        ck_assert_msg(tt_err_ == TT_OK, "%s: %s", #call, fault.text);                              \
    } while (0)

/* What a request with this token gives. */
static int let_in(void)
{
    char url[200];
    snprintf(url, sizeof url, "%s/bigquery/v2/projects/p/datasets/d", standin.url);
    const struct tt_http_header header = {"Authorization", tt_buf_str(&value)};
    struct tt_http_answer answer;
    tt_http_answer_init(&answer);
    const struct tt_http_request request = {
        .method = "GET", .url = url, .headers = &header, .header_count = 1, .no_proxy = true};
    ck_assert_int_eq(http.send(http.context, &request, &answer, &fault), TT_OK);
    int status = answer.status;
    tt_http_answer_done(&answer);
    return status;
}

TT_TEST(a_service_account_gets_a_token_and_keeps_it)
{
    begin();
    write_service_account("");
    ck_assert_ok(open_it());
    ck_assert_str_eq(tt_google_who(google), "service account robot@p");
    ck_assert_str_eq(tt_google_project(google), "project-of-key");
    ck_assert_ptr_null(tt_google_quota_project(google));
    for (int i = 0; i < 3; i++) {
        ck_assert_ok(authorize(false));
        ck_assert_int_eq(let_in(), 404); /* not 401, not 403: there is no such data set */
    }
    ck_assert_int_eq(tt_standin_number(&standin, "counters/tokens"), 1);
    end();
}
TT_END

TT_TEST(a_token_is_made_anew_five_minutes_before_it_ends)
{
    begin();
    write_service_account("");
    ck_assert_ok(open_it());
    ck_assert_ok(authorize(false));
    later_us = 3250 * SECOND; /* of 3600 */
    ck_assert_ok(authorize(false));
    ck_assert_int_eq(tt_standin_number(&standin, "counters/tokens"), 1);
    later_us = 3301 * SECOND;
    ck_assert_ok(authorize(false));
    ck_assert_int_eq(tt_standin_number(&standin, "counters/tokens"), 2);
    end();
}
TT_END

TT_TEST(a_refused_token_is_replaced)
{
    begin();
    write_service_account("");
    ck_assert_ok(open_it());
    ck_assert_ok(authorize(false));
    tt_standin_set(&standin, "expire", "{}");
    ck_assert_int_eq(let_in(), 401);
    ck_assert_ok(authorize(true));
    ck_assert_int_eq(let_in(), 404);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/tokens"), 2);
    end();
}
TT_END

TT_TEST(a_token_lives_on_while_nobody_gives_another)
{
    static const char *const kinds[] = {"unavailable", "huge"};
    begin();
    write_service_account("");
    ck_assert_ok(open_it());
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        later_us = 0;
        tt_standin_set(&standin, "faults", "{}");
        ck_assert_ok(authorize(true));
        tt_standin_set(&standin, "faults",
                       "{\"rate\":1,\"kinds\":[\"%s\"],\"operations\":[\"auth.token\"]}", kinds[i]);
        later_us = 3400 * SECOND;
        ck_assert_ok(authorize(false));
        later_us = 3580 * SECOND;
        ck_assert_int_eq(authorize(false), TT_ERR_UNAVAILABLE);
    }
    tt_standin_set(&standin, "faults", "{}");
    ck_assert_ok(authorize(true));
    end();
}
TT_END

TT_TEST(a_wrong_clock_is_told)
{
    begin();
    write_service_account("");
    ahead_us = -7500 * SECOND;
    ck_assert_ok(open_it());
    ck_assert_int_eq(authorize(false), TT_ERR_DENIED);
    ck_assert_msg(strstr(fault.text, "this machine's clock is 2 h 4 m behind") != NULL, "%s",
                  fault.text);
    ahead_us = 4000 * SECOND;
    ck_assert_int_eq(authorize(false), TT_ERR_DENIED);
    ck_assert_msg(strstr(fault.text, "ahead") != NULL, "%s", fault.text);
    ck_assert_ptr_nonnull(strstr(fault.text, "robot@p"));
    end();
}
TT_END

TT_TEST(a_user_gets_a_token_by_the_refresh_token)
{
    begin();
    tt_standin_set(&standin, "secrets",
                   "{\"refresh\":{\"r/+ \":{\"client_id\":\"i\",\"client_secret\":\"s&=\"}}}");
    write_json("{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"s&=\","
               "\"refresh_token\":\"r/+ \",\"quota_project_id\":\"q\",\"token_uri\":\"%s/token\"}",
               standin.url);
    settings.well_known_file = settings.file;
    settings.file = NULL;
    ck_assert_ok(open_it());
    ck_assert_str_eq(tt_google_quota_project(google), "q");
    ck_assert_ok(authorize(false));
    ck_assert_int_eq(let_in(), 404);
    end();
}
TT_END

TT_TEST(without_any_file_the_metadata_server_is_asked)
{
    begin();
    settings.well_known_file = tt_tmpfile("not-there");
    ck_assert_ok(open_it());
    tt_standin_set(&standin, "faults",
                   "{\"script\":[{\"operation\":\"auth.metadata\",\"kind\":\"unavailable\"}]}");
    ck_assert_ok(authorize(false));
    ck_assert_int_eq(let_in(), 404);
    ck_assert_str_eq(tt_google_who(google), "this machine's service account");
    tt_google_close(google);
    google = NULL;
    settings.metadata_host = "127.0.0.1:1";
    ck_assert_ok(open_it());
    ck_assert_int_eq(authorize(false), TT_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(fault.text, "GOOGLE_APPLICATION_CREDENTIALS"));
    end();
}
TT_END

TT_TEST(files_that_are_wrong_are_refused_and_never_quoted)
{
    static const struct {
        const char *text;
        enum tt_err err;
        const char *says;
    } files[] = {
        {"canary", TT_ERR_INVALID, "expected a JSON object"},
        {"{\"private_key\": canary}", TT_ERR_INVALID, "expected a JSON object"},
        {"[\"canary\"]", TT_ERR_INVALID, "expected a JSON object"},
        {"{\"private_key\":\"canary\"}", TT_ERR_INVALID, "\"type\" is missing"},
        {"{\"type\":\"service_account\",\"private_key\":\"canary\"}", TT_ERR_INVALID,
         "\"client_email\" is missing"},
        {"{\"type\":\"gdch_service_account\",\"private_key\":\"canary\"}", TT_ERR_UNSUPPORTED,
         "gdch_service_account"},
        {"{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"canary\","
         "\"token_uri\":\"http://127.0.0.1:1/token\"}",
         TT_ERR_INVALID, "RSA key in PEM"},
        {"{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"canary\","
         "\"refresh_token\":\"canary\",\"token_uri\":\"http://example.com/token\"}",
         TT_ERR_INVALID, "not https"},
        {"{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"canary\","
         "\"refresh_token\":\"canary\",\"token_uri\":\"http://localhost:x@example.com/token\"}",
         TT_ERR_INVALID, "not https"},
        {"{\"type\":\"external_account\",\"credential_source\":{\"environment_id\":\"aws2\","
         "\"url\":\"http://x/canary\"}}",
         TT_ERR_UNSUPPORTED, "expected aws1"},
        {"{\"type\":\"external_account\",\"credential_source\":{\"x\":\"canary\"}}",
         TT_ERR_UNSUPPORTED, "expected a file, a url or AWS"},
        {"{\"type\":\"impersonated_service_account\",\"source_credentials\":"
         "{\"type\":\"impersonated_service_account\"},\"service_account_impersonation_url\":\"u\"}",
         TT_ERR_UNSUPPORTED, "source_credentials: type"},
        {"{\"type\":\"impersonated_service_account\",\"source_credentials\":"
         "{\"type\":\"authorized_user\"}}",
         TT_ERR_INVALID, "\"service_account_impersonation_url\" is missing"},
    };
    begin();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_json("%s", files[i].text);
        enum tt_err err = open_it();
        if (err == TT_OK)
            err = authorize(false);
        ck_assert_msg(err == files[i].err, "%s: %s", files[i].text, fault.text);
        ck_assert_msg(strstr(fault.text, files[i].says) != NULL, "%s", fault.text);
        ck_assert_ptr_null(strstr(fault.text, "canary"));
        tt_google_close(google);
        google = NULL;
    }
    settings.file = "/nowhere/canary.json"; /* the path is no secret */
    ck_assert_int_eq(open_it(), TT_ERR_NOT_FOUND);
    end();
}
TT_END

TT_TEST(no_answer_makes_a_fault_tell_a_secret)
{
    static const char *const kinds[] = {"html",      "truncated", "cut",       "lostBefore",
                                        "lostAfter", "internal",  "htmlAfter", "huge"};
    begin();
    tt_standin_set(&standin, "secrets",
                   "{\"refresh\":{\"canary\":{\"client_id\":\"i\",\"client_secret\":\"canary\"}}}");
    write_json("{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"canary\","
               "\"refresh_token\":\"canary\",\"token_uri\":\"%s/token\"}",
               standin.url);
    ck_assert_ok(open_it());
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        tt_standin_set(&standin, "faults",
                       "{\"script\":[{\"operation\":\"auth.token\",\"kind\":\"%s\"}]}", kinds[i]);
        ck_assert_int_eq(authorize(true), TT_ERR_UNAVAILABLE);
        ck_assert_msg(strstr(fault.text, "canary") == NULL && strstr(fault.text, "ya29") == NULL,
                      "%s", fault.text);
    }
    ck_assert_ok(authorize(true));
    end();
}
TT_END

TT_SUITE("adapters/google", a_service_account_gets_a_token_and_keeps_it,
         a_token_is_made_anew_five_minutes_before_it_ends, a_refused_token_is_replaced,
         a_token_lives_on_while_nobody_gives_another, a_wrong_clock_is_told,
         a_user_gets_a_token_by_the_refresh_token, without_any_file_the_metadata_server_is_asked,
         files_that_are_wrong_are_refused_and_never_quoted, no_answer_makes_a_fault_tell_a_secret)
