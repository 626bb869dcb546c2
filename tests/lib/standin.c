#include "tests/lib/standin.h"

#include "adapters/http/http.h"
#include "core/base/json.h"
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

static void begin(struct tt_standin *standin, const char *scheme, const char *ca_file)
{
    struct tt_http_settings settings = {.ca_file = ca_file};
    snprintf(standin->url, sizeof standin->url, "%s://127.0.0.1:%d", scheme,
             tt_node_number(&standin->node, "port"));
    snprintf(standin->grpc_url, sizeof standin->grpc_url, "%s://127.0.0.1:%d", scheme,
             tt_node_number(&standin->node, "grpc_port"));
    ck_assert_int_eq(tt_http_open(&settings, &standin->http, NULL), TT_OK);
    tt_http_answer_init(&standin->look);
    standin->look.body.max = (size_t)1 << 30;
}

void tt_standin_start(struct tt_standin *standin)
{
    *standin = (struct tt_standin){0};
    TT_NODE_START(&standin->node, "standin/main.mjs", "0");
    begin(standin, "http", NULL);
}

void tt_standin_start_tls(struct tt_standin *standin, const char *key, const char *certificate)
{
    *standin = (struct tt_standin){0};
    TT_NODE_START(&standin->node, "standin/main.mjs", "0", key, certificate);
    begin(standin, "https", certificate);
}

void tt_standin_stop(struct tt_standin *standin)
{
    tt_http_answer_done(&standin->look);
    tt_http_close(&standin->http);
    tt_node_stop(&standin->node);
}

static void ask(struct tt_standin *standin, const char *method, const char *name,
                struct tt_str body)
{
    char url[400];
    struct tt_fault fault = {0};
    snprintf(url, sizeof url, "%s/__control/%s", standin->url, name);
    const struct tt_http_request request = {.method = method,
                                            .url = url,
                                            .text = body,
                                            .no_proxy = true,
                                            .answer_bytes_max = (size_t)1 << 30};
    enum tt_err err = standin->http.send(standin->http.context, &request, &standin->look, &fault);
    ck_assert_msg(err == TT_OK, "%s: %s", name, fault.text);
    ck_assert_msg(standin->look.status == 200, "%s: %d %.*s", name, standin->look.status,
                  TT_STR_ARGS(tt_buf_str(&standin->look.body)));
}

void tt_standin_set(struct tt_standin *standin, const char *name, const char *format, ...)
{
    static char text[8192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_int_lt(len, (int)sizeof text);
    ask(standin, "POST", name, tt_str_from(text));
}

struct tt_str tt_standin_get(struct tt_standin *standin, const char *name)
{
    ask(standin, "GET", name, TT_STR_NONE);
    return tt_buf_str(&standin->look.body);
}

static const struct tt_json *walk(const struct tt_json *at, const char *path)
{
    while (at != NULL && *path != '\0') {
        char key[300];
        size_t len = strcspn(path, "/");
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        at = tt_json_type(at) == TT_JSON_OBJECT ? tt_json_get(at, key) : NULL;
        path += len + (path[len] == '/');
    }
    return at;
}

static struct tt_json *look(struct tt_standin *standin)
{
    struct tt_json *state = NULL;
    struct tt_fault fault = {0};
    enum tt_err err = tt_json_parse(tt_standin_get(standin, "state"), 32, &state, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return state;
}

long long tt_standin_number(struct tt_standin *standin, const char *path)
{
    struct tt_json *state = look(standin);
    const struct tt_json *at = walk(state, path);
    long long number = at == NULL ? -1 : (long long)tt_json_int(at);
    tt_json_free(state);
    return number;
}

size_t tt_standin_count(struct tt_standin *standin, const char *path)
{
    struct tt_json *state = look(standin);
    const struct tt_json *at = walk(state, path);
    size_t count = at == NULL ? 0 : tt_json_count(at);
    tt_json_free(state);
    return count;
}

static int post(struct tt_standin *standin, const char *path, const char *json)
{
    char url[400];
    const struct tt_http_header type = {"content-type", TT_STR("application/json")};
    struct tt_fault fault = {0};
    snprintf(url, sizeof url, "%s%s", standin->url, path);
    const struct tt_http_request request = {.method = "POST",
                                            .url = url,
                                            .headers = &type,
                                            .header_count = 1,
                                            .text = tt_str_from(json),
                                            .no_proxy = true};
    enum tt_err err = standin->http.send(standin->http.context, &request, &standin->look, &fault);
    ck_assert_msg(err == TT_OK, "%s: %s", path, fault.text);
    return standin->look.status;
}

void tt_standin_make_table(struct tt_standin *standin, const char *table, const char *fields)
{
    char body[4000];
    int status = post(standin, "/bigquery/v2/projects/p/datasets",
                      "{\"datasetReference\":{\"projectId\":\"p\",\"datasetId\":\"d\"}}");
    ck_assert(status == 200 || status == 409);
    snprintf(body, sizeof body,
             "{\"tableReference\":{\"projectId\":\"p\",\"datasetId\":\"d\",\"tableId\":\"%s\"},"
             "\"schema\":{\"fields\":%s}}",
             table, fields);
    ck_assert_int_eq(post(standin, "/bigquery/v2/projects/p/datasets/d/tables", body), 200);
}
