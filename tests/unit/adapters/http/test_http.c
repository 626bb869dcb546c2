/* The HTTP port over real servers: what goes out, what comes back, and what is told when it does
 * not. */
#include "adapters/http/http.h"

#include "core/base/json.h"
#include "tests/lib/keys.h"
#include "tests/lib/node.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct tt_node node;
static struct tt_http http;
static struct tt_http_answer answer;
static struct tt_fault fault;
static char certificate[400];
static volatile int stop;

static void begin(const char *ca_file)
{
    char key[400];
    snprintf(key, sizeof key, "%s", tt_tmpfile("key.pem"));
    snprintf(certificate, sizeof certificate, "%s", tt_tmpfile("certificate.pem"));
    tt_test_key(2048, key, NULL, certificate);
    TT_NODE_START(&node, "unit/adapters/http/server.mjs", key, certificate);
    struct tt_http_settings settings = {
        .ca_file = ca_file == NULL ? NULL : certificate, .stall_s = 1, .stop = &stop};
    ck_assert_int_eq(tt_http_open(&settings, &http, &fault), TT_OK);
    tt_http_answer_init(&answer);
    /* The machine's proxy is not what is tested. */
    unsetenv("http_proxy"), unsetenv("https_proxy"), unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy"), unsetenv("ALL_PROXY");
}

static void end(void)
{
    tt_http_answer_done(&answer);
    tt_http_close(&http);
    tt_node_stop(&node);
}

static const char *url_of(const char *server, const char *path)
{
    static char url[200];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", strcmp(server, "h2c") == 0 ? "http" : server,
             tt_node_number(&node, server), path);
    return url;
}

static enum tt_err ask(struct tt_http_request request)
{
    tt_fault_clear(&fault);
    if (request.method == NULL)
        request.method = "GET";
    return http.send(http.context, &request, &answer, &fault);
}

#define ask_ok(...)                                                                                \
    do {                                                                                           \
        enum tt_err tt_err_ = ask((struct tt_http_request){__VA_ARGS__});                          \
        ck_assert_msg(tt_err_ == TT_OK, "%s", fault.text);                                         \
    } while (0)

/* What the server saw; dotted. */
static const char *seen(const char *key, const char *below)
{
    static char text[400];
    struct tt_json *json = NULL;
    ck_assert_int_eq(tt_json_parse(tt_buf_str(&answer.body), 8, &json, &fault), TT_OK);
    const struct tt_json *at = tt_json_get(json, key);
    if (at != NULL && below != NULL)
        at = tt_json_get(at, below);
    if (at == NULL)
        snprintf(text, sizeof text, "absent");
    else if (tt_json_type(at) == TT_JSON_INT)
        snprintf(text, sizeof text, "%lld", (long long)tt_json_int(at));
    else
        snprintf(text, sizeof text, "%.*s", TT_STR_ARGS(tt_json_text(at)));
    tt_json_free(json);
    return text;
}

/* ---- Requests */

TT_TEST(a_request_has_its_method_headers_and_text)
{
    begin(NULL);
    struct tt_http_header headers[] = {{"Content-Type", TT_STR("application/json")},
                                       {"X-Empty", TT_STR("")}};
    ask_ok(.method = "PATCH", .url = url_of("http", "/echo?a=b"), .headers = headers,
           .header_count = 2, .text = TT_STR("{}"));
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(seen("method", NULL), "PATCH");
    ck_assert_str_eq(seen("url", NULL), "/echo?a=b");
    ck_assert_str_eq(seen("bytes", NULL), "2");
    ck_assert_str_eq(seen("headers", "content-length"), "2");
    ck_assert_str_eq(seen("headers", "content-type"), "application/json");
    ck_assert_str_eq(seen("headers", "x-empty"), "");
    ck_assert_str_eq(seen("headers", "expect"), "absent");
    ask_ok(.method = "PUT", .url = url_of("http", "/echo"), .text = TT_STR(""));
    ck_assert_str_eq(seen("method", NULL), "PUT");
    ck_assert_str_eq(seen("headers", "content-length"), "0");
    ck_assert_str_eq(seen("headers", "content-type"), "absent");
    ask_ok(.method = "DELETE", .url = url_of("http", "/echo"));
    ck_assert_str_eq(seen("method", NULL), "DELETE");
    ck_assert_str_eq(seen("headers", "content-length"), "absent");
    end();
}
TT_END

TT_TEST(a_header_with_a_line_end_is_refused)
{
    begin(NULL);
    struct tt_http_header header = {"X-A", TT_STR("secret\r\nX-B: c")};
    enum tt_err err = ask((struct tt_http_request){
        .url = url_of("http", "/echo"), .headers = &header, .header_count = 1});
    ck_assert_int_eq(err, TT_ERR_INVALID);
    ck_assert_ptr_null(strstr(fault.text, "secret"));
    end();
}
TT_END

enum { BODY_BYTES = 3 << 20 };
static int reads_from_start;

static enum tt_err read_pattern(void *context, uint64_t offset, void *to, size_t size,
                                size_t *ret_size, struct tt_fault *ret_fault)
{
    (void)ret_fault;
    uint64_t left = *(uint64_t *)context - offset;
    reads_from_start += offset == 0;
    if (size > left)
        size = (size_t)left;
    if (size > 10000)
        size = 10000; /* less than asked for is no end */
    for (size_t i = 0; i < size; i++)
        ((char *)to)[i] = (char)('a' + (offset + i) % 23);
    *ret_size = size;
    return TT_OK;
}

TT_TEST(a_large_body_is_read_as_it_goes)
{
    begin(NULL);
    uint64_t bytes = BODY_BYTES;
    for (int version = TT_HTTP_1_1; version <= TT_HTTP_2; version++) {
        ask_ok(.method = "POST", .url = url_of(version == TT_HTTP_2 ? "h2c" : "http", "/echo"),
               .read = read_pattern, .read_context = &bytes, .read_bytes = bytes,
               .version = version);
        ck_assert_str_eq(seen("bytes", NULL), "3145728");
        ck_assert_str_eq(seen("headers", "content-length"), "3145728");
        ck_assert_str_eq(seen("headers", "transfer-encoding"), "absent");
        ck_assert_str_eq(seen("digest", NULL),
                         "de1cd32d15e879968b66f4f9eba25a9c8cf1c1342c21dad2154c93a1117f37e5");
    }
    end();
}
TT_END

TT_TEST(a_body_goes_again_from_its_start_where_the_connection_was_dead)
{
    begin(NULL);
    uint64_t bytes = 2000;
    ask_ok(.url = url_of("http", "/echo"));
    reads_from_start = 0;
    ask_ok(.method = "POST", .url = url_of("http", "/idle"), .read = read_pattern,
           .read_context = &bytes, .read_bytes = bytes);
    ck_assert_str_eq(seen("bytes", NULL), "2000");
    ck_assert_str_eq(seen("times", NULL), "2");
    ck_assert_int_eq(reads_from_start, 2);
    end();
}
TT_END

static enum tt_err read_broken(void *context, uint64_t offset, void *to, size_t size,
                               size_t *ret_size, struct tt_fault *ret_fault)
{
    if (offset > 50000)
        return tt_fault_set(ret_fault, TT_ERR_CORRUPT, "batch file: changed");
    return read_pattern(context, offset, to, size, ret_size, ret_fault);
}

TT_TEST(an_error_of_the_body_ends_the_request_with_it)
{
    begin(NULL);
    uint64_t bytes = 100000;
    enum tt_err err = ask((struct tt_http_request){.method = "POST",
                                                   .url = url_of("http", "/echo"),
                                                   .read = read_broken,
                                                   .read_context = &bytes,
                                                   .read_bytes = bytes});
    ck_assert_int_eq(err, TT_ERR_CORRUPT);
    ck_assert_str_eq(fault.text, "batch file: changed");
    ask_ok(.url = url_of("http", "/echo")); /* the client lives */
    end();
}
TT_END

/* ---- Answers */

TT_TEST(an_answer_has_its_headers_by_lower_case_name)
{
    begin(NULL);
    ask_ok(.url = url_of("http", "/echo"));
    struct tt_str value = tt_http_header(&answer, "x-mixed-case");
    ck_assert(tt_str_equal(value, TT_STR("a value")));
    ck_assert_ptr_null(tt_http_header(&answer, "x-mixed").ptr);
    ck_assert_int_eq(answer.version, TT_HTTP_1_1);
    end();
}
TT_END

TT_TEST(a_redirect_is_an_answer_like_others)
{
    begin(NULL);
    ask_ok(.method = "PUT", .url = url_of("http", "/moved"), .text = TT_STR("x"));
    ck_assert_int_eq(answer.status, 308);
    ck_assert(tt_str_equal(tt_http_header(&answer, "range"), TT_STR("bytes=0-99")));
    end();
}
TT_END

TT_TEST(compressed_answers_are_asked_for_and_unpacked)
{
    begin(NULL);
    ask_ok(.url = url_of("http", "/gzip"));
    ck_assert_uint_eq(answer.body.len, 5000);
    ck_assert_int_eq(answer.body.data[4999], 'z');
    end();
}
TT_END

TT_TEST(an_answer_larger_than_asked_for_is_an_error)
{
    begin(NULL);
    enum tt_err err =
        ask((struct tt_http_request){.url = url_of("http", "/large"), .answer_bytes_max = 99999});
    ck_assert_int_eq(err, TT_ERR_LIMIT);
    ask_ok(.url = url_of("http", "/large"), .answer_bytes_max = 100000);
    ck_assert_int_eq(ask((struct tt_http_request){.url = url_of("http", "/headers")}),
                     TT_ERR_LIMIT);
    end();
}
TT_END

TT_TEST(trailers_stand_behind_the_headers)
{
    begin(NULL);
    ask_ok(.url = url_of("http", "/trailers"));
    ck_assert(tt_str_equal(tt_http_header(&answer, "grpc-status"), TT_STR("7")));
    ask_ok(.url = url_of("h2c", "/trailers"), .version = TT_HTTP_2);
    ck_assert_int_eq(answer.version, TT_HTTP_2);
    ck_assert(tt_str_equal(tt_http_header(&answer, "grpc-status"), TT_STR("7")));
    ck_assert(tt_str_equal(tt_buf_str(&answer.body), TT_STR("text")));
    end();
}
TT_END

/* ---- What goes wrong */

TT_TEST(nobody_there_cut_and_stalled_are_unavailable)
{
    begin(NULL);
    char path[] = "/cut?secret=canary";
    ck_assert_int_eq(ask((struct tt_http_request){.url = url_of("http", path)}),
                     TT_ERR_UNAVAILABLE);
    ck_assert_msg(strstr(fault.text, "http://127.0.0.1:") == fault.text, "%s", fault.text);
    ck_assert_ptr_null(strstr(fault.text, "canary"));
    ck_assert_int_eq(ask((struct tt_http_request){.url = url_of("http", "/stall")}),
                     TT_ERR_UNAVAILABLE);
    ck_assert_int_eq(
        ask((struct tt_http_request){.url = url_of("http", "/stall"), .total_ms = 100}),
        TT_ERR_UNAVAILABLE);
    char url[100];
    snprintf(url, sizeof url, "%s", url_of("http", "/"));
    tt_finish(node.pid, SIGKILL);
    ck_assert_int_eq(ask((struct tt_http_request){.url = url}), TT_ERR_UNAVAILABLE);
    tt_http_answer_done(&answer);
    tt_http_close(&http);
}
TT_END

TT_TEST(what_is_no_url_for_it_is_invalid)
{
    begin(NULL);
    ck_assert_int_eq(ask((struct tt_http_request){.url = "file:///etc/passwd"}), TT_ERR_INVALID);
    ck_assert_int_eq(ask((struct tt_http_request){.url = "http://a b/canary"}), TT_ERR_INVALID);
    ck_assert_ptr_null(strstr(fault.text, "canary"));
    end();
}
TT_END

TT_TEST(a_request_ends_when_the_process_is_asked_to_stop)
{
    begin(NULL);
    stop = 1;
    ck_assert_int_eq(ask((struct tt_http_request){.url = url_of("http", "/stall")}),
                     TT_ERR_STOPPED);
    end();
}
TT_END

/* ---- TLS */

TT_TEST(a_certificate_is_trusted_by_the_ca_file_alone)
{
    begin(NULL);
    ck_assert_int_eq(ask((struct tt_http_request){.url = url_of("https", "/echo")}), TT_ERR_DENIED);
    struct tt_http_settings settings = {.ca_file = "/nowhere.pem"};
    struct tt_http none = {0};
    tt_fault_clear(&fault);
    ck_assert_int_eq(tt_http_open(&settings, &none, &fault), TT_ERR_INVALID);
    ck_assert_ptr_null(none.context);
    end();
    begin("ours");
    ask_ok(.url = url_of("https", "/echo"));
    ck_assert_int_eq(answer.version, TT_HTTP_1_1);
    ask_ok(.url = url_of("https", "/echo"), .version = TT_HTTP_2);
    ck_assert_int_eq(answer.version, TT_HTTP_2);
    ck_assert_str_eq(seen("version", NULL), "2.0");
    end();
}
TT_END

TT_TEST(a_proxy_of_the_environment_is_used_unless_told_not_to)
{
    begin(NULL);
    char proxy[100];
    snprintf(proxy, sizeof proxy, "%s", url_of("http", ""));
    setenv("http_proxy", proxy, 1);
    unsetenv("no_proxy"), unsetenv("NO_PROXY");
    ask_ok(.url = "http://elsewhere.invalid/echo");
    ck_assert_str_eq(seen("url", NULL), "http://elsewhere.invalid/echo");
    ck_assert_int_eq(
        ask((struct tt_http_request){.url = "http://elsewhere.invalid/echo", .no_proxy = true}),
        TT_ERR_UNAVAILABLE);
    end();
}
TT_END

TT_SUITE("adapters/http", a_request_has_its_method_headers_and_text,
         a_header_with_a_line_end_is_refused, a_large_body_is_read_as_it_goes,
         a_body_goes_again_from_its_start_where_the_connection_was_dead,
         an_error_of_the_body_ends_the_request_with_it,
         an_answer_has_its_headers_by_lower_case_name, a_redirect_is_an_answer_like_others,
         compressed_answers_are_asked_for_and_unpacked, an_answer_larger_than_asked_for_is_an_error,
         trailers_stand_behind_the_headers, nobody_there_cut_and_stalled_are_unavailable,
         what_is_no_url_for_it_is_invalid, a_request_ends_when_the_process_is_asked_to_stop,
         a_certificate_is_trusted_by_the_ca_file_alone,
         a_proxy_of_the_environment_is_used_unless_told_not_to)
