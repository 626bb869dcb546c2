/* The page in a real browser: what it shows, what stays text, what its script does. */
#include "reports/html_parts.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ids that would be markup, script or style if they were not escaped. */
static const char hostile[] =
    "{\"event_id\":\"1\",\"task_id\":\"<script>document.title='owned'</"
    "script>\",\"status\":\"B\",\"event_time\":2}\n"
    "{\"event_id\":\"2\",\"task_id\":\"<script>document.title='owned'</script>\",\"status\":\"<img "
    "src=x onerror=alert(1)>\",\"event_time\":1}\n"
    "{\"event_id\":\"3\",\"task_id\":\"\\\"><svg "
    "onload=alert(1)>\",\"status\":\"B&amp;\",\"event_time\":2,\"tenant\":\"'; drop\"}\n"
    "{\"event_id\":\"3\",\"task_id\":\"\\\"><svg "
    "onload=alert(1)>\",\"status\":\"C\",\"event_time\":2,\"tenant\":\"'; drop\"}\n"
    "{\"event_id\":\"4\",\"task_id\":\"plain\",\"status\":\"B\",\"event_time\":\"2026-03-01T00:00:"
    "05Z\"}\n"
    "{\"event_id\":\"5\",\"task_id\":\"plain\",\"status\":\"A\",\"event_time\":\"2026-03-01T00:00:"
    "01Z\"}\n";

static char page[300], log_path[300];

static char *rendered(const char *fragment)
{
    char url[400], profile[340];
    snprintf(url, sizeof url, "file://%s%s", page, fragment);
    snprintf(profile, sizeof profile, "--user-data-dir=%s", tt_tmpfile("profile"));
    snprintf(log_path, sizeof log_path, "%s", tt_tmpfile("dom"));
    unlink(log_path);
    const char *words[] = {"chromium",
                           "--headless",
                           "--no-sandbox",
                           "--disable-gpu",
                           "--disable-quic",
                           "--no-first-run",
                           "--disable-background-networking",
                           "--disable-component-update",
                           "--disable-sync",
                           profile,
                           "--enable-logging=stderr",
                           "--dump-dom",
                           url,
                           NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, log_path, NULL), 0), 0);
    return tt_read_file(log_path, NULL);
}

static void make_page(void)
{
    snprintf(page, sizeof page, "%s", tt_tmpfile("report.html"));
    struct tt_run run = tt_tasktrail(
        NULL, hostile, (const char *const[]){"check", "--format", "html", "-o", page, "-", NULL});
    ck_assert_int_eq(run.status, 1);
    tt_run_done(&run);
}

static void has(const char *dom, const char *text)
{
    ck_assert_msg(strstr(dom, text) != NULL, "the page does not hold %s", text);
}

TT_TEST(hostile_values_stay_text_and_the_console_stays_silent)
{
    if (getenv("TASKTRAIL_NO_BROWSER") != NULL)
        return;
    make_page();
    char *dom = rendered("");
    has(dom, "data-ready=\"1\"");
    has(dom, "<title>Task status discrepancies</title>");
    has(dom, "&lt;script&gt;document.title='owned'&lt;/script&gt;");
    has(dom, "&lt;img src=x onerror=alert(1)&gt;");
    has(dom, "B&amp;amp;");
    ck_assert_ptr_null(strstr(dom, "<img"));
    ck_assert_ptr_null(strstr(dom, "onload=\"\""));
    ck_assert_ptr_null(strstr(dom, "CONSOLE"));
    ck_assert_ptr_null(strstr(dom, "Content Security Policy directive"));
    free(dom);
}
TT_END

TT_TEST(the_table_sorts_and_filters_without_a_server)
{
    if (getenv("TASKTRAIL_NO_BROWSER") != NULL)
        return;
    make_page();
    char *dom = rendered("#filter=plain&sort=0&down=1");
    has(dom, "<span id=\"shown\">2</span>");
    const char *lost = strstr(dom, "<td>lost_update</td>"),
               *late = strstr(dom, "<td>late_arrival</td>");
    ck_assert(lost != NULL && late != NULL && lost < late);
    free(dom);
    dom = rendered("#sort=0");
    lost = strstr(dom, "<td>lost_update</td>"), late = strstr(dom, "<td>late_arrival</td>");
    ck_assert(lost != NULL && late != NULL && late < lost);
    free(dom);
}
TT_END

/* base64 of SHA-256 by the openssl program, so that nothing of ours computes what it checks. */
static void assert_hash(const char *text, const char *hash)
{
    char command[600];
    const char *path = tt_tmpfile("asset"), *out = tt_tmpfile("hash");
    tt_write_file(path, text, strlen(text));
    unlink(out);
    snprintf(command, sizeof command, "openssl dgst -sha256 -binary %s | base64 -w0", path);
    const char *words[] = {"sh", "-c", command, NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, out, NULL), 0), 0);
    char *found = tt_read_file(out, NULL);
    ck_assert_str_eq(found, hash);
    free(found);
}

TT_TEST(the_policy_allows_exactly_the_style_and_script_of_the_page)
{
    assert_hash(tt_html_style, tt_html_style_hash);
    assert_hash(tt_html_script, tt_html_script_hash);
    make_page();
    char *text = tt_read_file(page, NULL);
    has(text, "default-src 'none'");
    has(text, tt_html_style_hash);
    has(text, tt_html_script_hash);
    ck_assert_ptr_null(strstr(text, "style=\""));
    ck_assert_ptr_null(strstr(text, "http://"));
    ck_assert_ptr_null(strstr(text, "https://"));
    free(text);
}
TT_END

TT_TEST(csv_cells_that_would_run_as_formulas_are_harmless_and_terminals_get_no_escapes)
{
    static const char formulas[] =
        "{\"event_id\":\"=1+1\",\"task_id\":\"@x\\u001b[31m\",\"status\":\"-B,\\\"q\\\"\",\"event_"
        "time\":2}\n"
        "{\"event_id\":\"b\",\"task_id\":\"@x\\u001b[31m\",\"status\":\"+A\",\"event_time\":1}\n";
    struct tt_run run =
        tt_tasktrail(NULL, formulas, (const char *const[]){"check", "--format", "csv", "-", NULL});
    has(run.out, "\"'=1+1\"");
    has(run.out, "\"'-B,\"\"q\"\"\"");
    has(run.out, "\"'@x");
    tt_run_done(&run);
    run = tt_tasktrail(NULL, formulas, (const char *const[]){"check", "-", NULL});
    has(run.out, "@x?[31m");
    ck_assert_ptr_null(strchr(run.out, '\x1b'));
    tt_run_done(&run);
}
TT_END

TT_SUITE("html", hostile_values_stay_text_and_the_console_stays_silent,
         the_table_sorts_and_filters_without_a_server,
         the_policy_allows_exactly_the_style_and_script_of_the_page,
         csv_cells_that_would_run_as_formulas_are_harmless_and_terminals_get_no_escapes)
