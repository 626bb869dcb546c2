#include "tests/lib/standin.h"

#include "adapters/http/http.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

void tt_standin_start(struct tt_standin *standin)
{
    struct tt_fault fault = {0};
    const struct tt_http_settings settings = {0};
    /* The machine's proxy is not what is tested. */
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        unsetenv(proxies[i]);
    *standin = (struct tt_standin){0};
    TT_NODE_START(&standin->node, "standin/main.mjs", "0");
    snprintf(standin->rest, sizeof standin->rest, "http://127.0.0.1:%d",
             tt_node_number(&standin->node, "port"));
    snprintf(standin->grpc, sizeof standin->grpc, "http://127.0.0.1:%d",
             tt_node_number(&standin->node, "grpc_port"));
    ck_assert_int_eq(tt_http_open(&settings, &standin->http, &fault), TT_OK);
}

void tt_standin_stop(struct tt_standin *standin)
{
    tt_http_close(&standin->http);
    tt_node_stop(&standin->node);
}

char *tt_standin_ask(struct tt_standin *standin, const char *method, const char *path,
                     const char *json)
{
    char url[600];
    struct tt_http_answer answer;
    struct tt_fault fault = {0};
    const struct tt_http_header type = {"content-type", TT_STR("application/json")};
    snprintf(url, sizeof url, "%s%s", standin->rest, path);
    const struct tt_http_request request = {
        .method = method,
        .url = url,
        .headers = &type,
        .header_count = json != NULL,
        .text = json == NULL ? TT_STR_NONE : tt_str_from(json),
    };
    tt_http_answer_init(&answer);
    enum tt_err err = standin->http.send(standin->http.context, &request, &answer, &fault);
    ck_assert_msg(err == TT_OK, "%s %s: %s", method, path, fault.text);
    ck_assert_msg(answer.status == 200, "%s %s: %d %.*s", method, path, answer.status,
                  TT_STR_ARGS(tt_buf_str(&answer.body)));
    char *text = strndup(answer.body.data == NULL ? "" : answer.body.data, answer.body.len);
    tt_http_answer_done(&answer);
    return text;
}

void tt_standin_make_table(struct tt_standin *standin, const char *table, const char *fields)
{
    char body[4000];
    free(tt_standin_ask(standin, "POST", "/bigquery/v2/projects/p/datasets",
                        "{\"datasetReference\":{\"projectId\":\"p\",\"datasetId\":\"d\"}}"));
    snprintf(body, sizeof body,
             "{\"tableReference\":{\"projectId\":\"p\",\"datasetId\":\"d\",\"tableId\":\"%s\"},"
             "\"schema\":{\"fields\":%s}}",
             table, fields);
    free(tt_standin_ask(standin, "POST", "/bigquery/v2/projects/p/datasets/d/tables", body));
}
