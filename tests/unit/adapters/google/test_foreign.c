/* Credentials that others vouch for: external accounts by a file, a URL or AWS, and accounts that
 * are impersonated. The stand-in looks at AWS's signatures with a program of its own. */
#include "adapters/google/credentials.h"

#include "adapters/http/http.h"
#include "adapters/openssl/crypto.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "core/base/mem.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>

static struct tt_standin standin;
static struct tt_http http;
static struct tt_crypto crypto;
static struct tt_clock clock_port;
static struct tt_google *google;
static struct tt_google_settings settings;
static struct tt_fault fault;
static struct tt_buf value;
static char path[400];

static void begin(void)
{
    struct tt_http_settings plain = {0};
    tt_standin_start(&standin);
    tt_standin_set(&standin, "settings", "{\"auth\":\"token\"}");
    ck_assert_int_eq(tt_http_open(&plain, &http, NULL), TT_OK);
    crypto = tt_openssl_crypto();
    clock_port = tt_system_clock(NULL);
    tt_buf_init(&value, 1 << 16);
    snprintf(path, sizeof path, "%s", tt_tmpfile("account.json"));
    settings = (struct tt_google_settings){.http = &http,
                                           .crypto = &crypto,
                                           .clock = &clock_port,
                                           .read_file = tt_file_read,
                                           .scope = "https://www.googleapis.com/auth/bigquery",
                                           .file = path};
}

static void end(void)
{
    tt_buf_done(&value);
    tt_http_close(&http);
    tt_standin_stop(&standin);
}

/* A token by this file, and what a request with it gives: 404, as there is no such data set; 0: no
 * token. */
TT_PRINTF(1, 2) static int let_in(const char *format, ...)
{
    char text[3000], url[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tt_write_file(path, text, strlen(text));
    tt_fault_clear(&fault);
    tt_buf_clear(&value);
    ck_assert_msg(tt_google_open(&settings, &google, &fault) == TT_OK, "%s", fault.text);
    enum tt_err err = tt_google_authorize(google, false, &value, &fault);
    int status = 0;
    if (err == TT_OK) {
        snprintf(url, sizeof url, "%s/bigquery/v2/projects/p/datasets/d", standin.url);
        const struct tt_http_header header = {"Authorization", tt_buf_str(&value)};
        struct tt_http_answer answer;
        tt_http_answer_init(&answer);
        const struct tt_http_request request = {
            .method = "GET", .url = url, .headers = &header, .header_count = 1, .no_proxy = true};
        ck_assert_int_eq(http.send(http.context, &request, &answer, &fault), TT_OK);
        status = answer.status;
        tt_http_answer_done(&answer);
    }
    tt_google_close(google);
    return status;
}

#define EXTERNAL                                                                                   \
    "{\"type\":\"external_account\",\"audience\":\"//iam/x\",\"subject_token_type\":\"%s\","       \
    "\"token_url\":\"%s/v1/token\",\"credential_source\":{%s}%s}"
#define AWS_TYPE "urn:ietf:params:aws:token-type:aws4_request"

TT_TEST(an_external_account_exchanges_the_token_of_a_file_or_a_url)
{
    begin();
    tt_standin_set(&standin, "secrets", "{\"subject\":[\"external-token\"]}");
    char subject[400], source[600], more[600] = "";
    snprintf(subject, sizeof subject, "%s", tt_tmpfile("subject"));
    tt_write_file(subject, "external-token\n", 15);
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            snprintf(source, sizeof source, "\"file\":\"%s\"", subject);
        else
            snprintf(source, sizeof source,
                     "\"url\":\"%s/subject\",\"format\":{\"type\":\"json\","
                     "\"subject_token_field_name\":\"id_token\"}",
                     standin.url);
        if (i == 2)
            snprintf(more, sizeof more,
                     ",\"service_account_impersonation_url\":\"%s/v1/projects/-/serviceAccounts/"
                     "robot@p:generateAccessToken\",\"service_account_impersonation\":"
                     "{\"token_lifetime_seconds\":1800}",
                     standin.url);
        ck_assert_msg(let_in(EXTERNAL, "t", standin.url, source, more) == 404, "%s", fault.text);
    }
    ck_assert_int_eq(tt_standin_number(&standin, "counters/tokens"), 4);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/impersonated"), 1);
    end();
}
TT_END

static void write_aws_source(char source[1000], const char *more)
{
    snprintf(
        source, 1000,
        "\"environment_id\":\"aws1\",\"regional_cred_verification_url\":\"https://sts.{region}."
        "amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15\"%s",
        more);
}

TT_TEST(an_external_account_of_aws_signs_with_the_keys_of_the_environment)
{
    char source[1000];
    begin();
    tt_standin_set(&standin, "secrets",
                   "{\"aws\":{\"AKID\":{\"secret\":\"s/+x\"},\"ASIA\":{\"secret\":\"t\",\"token\":"
                   "\"session/token==\"}}}");
    write_aws_source(source, "");
    settings.aws_access_key_id = "AKID";
    settings.aws_secret_access_key = "s/+x";
    settings.aws_region = "us-east-2";
    ck_assert_msg(let_in(EXTERNAL, AWS_TYPE, standin.url, source, "") == 404, "%s", fault.text);
    settings.aws_access_key_id = "ASIA";
    settings.aws_secret_access_key = "t";
    settings.aws_session_token = "session/token==";
    ck_assert_msg(let_in(EXTERNAL, AWS_TYPE, standin.url, source, "") == 404, "%s", fault.text);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/aws_subjects"), 2);
    settings.aws_secret_access_key = "wrong";
    ck_assert_int_eq(let_in(EXTERNAL, AWS_TYPE, standin.url, source, ""), 0);
    ck_assert_int_eq(fault.code, TT_ERR_DENIED);
    ck_assert_msg(strstr(fault.text, "the signature does not match") != NULL, "%s", fault.text);
    ck_assert_ptr_null(strstr(fault.text, "AWS4"));
    end();
}
TT_END

TT_TEST(an_external_account_of_aws_asks_the_machines_metadata_server)
{
    char source[1000], urls[600];
    begin();
    tt_standin_set(&standin, "secrets",
                   "{\"aws\":{\"ASIA\":{\"secret\":\"canary\",\"token\":\"canary-token\"}}}");
    for (int sessions = 1; sessions >= 0; sessions--) {
        char imds[200] = "";
        if (sessions)
            snprintf(imds, sizeof imds, ",\"imdsv2_session_token_url\":\"%s/latest/api/token\"",
                     standin.url);
        snprintf(urls, sizeof urls,
                 ",\"region_url\":\"%s/latest/meta-data/placement/availability-zone\","
                 "\"url\":\"%s/latest/meta-data/iam/security-credentials\"%s",
                 standin.url, standin.url, imds);
        write_aws_source(source, urls);
        int status = let_in(EXTERNAL, AWS_TYPE, standin.url, source, "");
        ck_assert_msg(status == (sessions ? 404 : 0), "%s", fault.text);
    }
    ck_assert_ptr_nonnull(strstr(fault.text, "credential_source: status 401"));
    ck_assert_int_eq(tt_standin_number(&standin, "counters/aws_subjects"), 1);
    ck_assert_ptr_null(strstr(fault.text, "canary"));
    end();
}
TT_END

/* What could not be written must not be sent: it would be refused, and refused is for good. */
TT_TEST(without_memory_it_is_told_so_and_no_credentials_are_refused)
{
    char source[1000], more[400];
    begin();
    tt_standin_set(&standin, "secrets",
                   "{\"aws\":{\"ASIA\":{\"secret\":\"t\",\"token\":\"session/token==\"}}}");
    write_aws_source(source, "");
    snprintf(more, sizeof more,
             ",\"service_account_impersonation_url\":\"%s/v1/projects/-/serviceAccounts/"
             "robot@p:generateAccessToken\"",
             standin.url);
    settings.aws_access_key_id = "ASIA";
    settings.aws_secret_access_key = "t";
    settings.aws_session_token = "session/token==";
    settings.aws_region = "us-east-2";
    ck_assert_msg(let_in(EXTERNAL, AWS_TYPE, standin.url, source, more) == 404, "%s", fault.text);
    enum tt_err err = TT_ERR_NO_MEMORY;
    for (long n = 0; n < 500 && err != TT_OK; n++) {
        tt_fault_clear(&fault);
        tt_buf_clear(&value);
        tt_mem_fail_after(n, false);
        err = tt_google_open(&settings, &google, &fault);
        if (err == TT_OK) {
            err = tt_google_authorize(google, false, &value, &fault);
            tt_google_close(google);
        }
        tt_mem_fail_after(-1, false);
        ck_assert_msg(err == TT_OK || err == TT_ERR_NO_MEMORY, "after %ld: %s", n, fault.text);
    }
    ck_assert_int_eq(err, TT_OK);
    end();
}
TT_END

static int act_for_robot(void)
{
    tt_standin_set(&standin, "secrets",
                   "{\"refresh\":{\"r\":{\"client_id\":\"i\",\"client_secret\":\"s\"}}}");
    return let_in("{\"type\":\"impersonated_service_account\",\"delegates\":[\"a@p\",\"b@p\"],"
                  "\"service_account_impersonation_url\":\"%s/v1/projects/-/serviceAccounts/"
                  "robot@p:generateAccessToken\",\"source_credentials\":{\"type\":"
                  "\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"s\","
                  "\"refresh_token\":\"r\",\"token_uri\":\"%s/token\"}}",
                  standin.url, standin.url);
}

TT_TEST(a_user_may_act_for_a_service_account)
{
    begin();
    int status = act_for_robot();
    ck_assert_msg(status == 404, "%d %s", status, fault.text);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/impersonated"), 1);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/delegates"), 2);
    end();
}
TT_END

static int64_t two_hours_ahead(void *context)
{
    return tt_system_clock(NULL).wall_us(context) + INT64_C(7200000000);
}

TT_TEST(a_clock_that_is_wrong_ends_nobodys_token)
{
    begin();
    clock_port.wall_us = two_hours_ahead;
    int status = act_for_robot();
    ck_assert_msg(status == 404, "%d %s", status, fault.text);
    end();
}
TT_END

TT_SUITE("adapters/google/foreign", an_external_account_exchanges_the_token_of_a_file_or_a_url,
         an_external_account_of_aws_signs_with_the_keys_of_the_environment,
         an_external_account_of_aws_asks_the_machines_metadata_server,
         without_memory_it_is_told_so_and_no_credentials_are_refused,
         a_user_may_act_for_a_service_account, a_clock_that_is_wrong_ends_nobodys_token)
