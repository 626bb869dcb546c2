/* The page in a real browser: what it shows, what stays text, what its script does. */
#include "reports/html_parts.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <stdbool.h>
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

/* The page as the browser made it, with what its console said. */
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
                           "--allow-file-access-from-files", /* for a page that looks into ours */
                           profile,
                           "--enable-logging=stderr",
                           "--dump-dom",
                           url,
                           NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, log_path, NULL), 0), 0);
    return tt_read_file(log_path, NULL);
}

/* Whether there is a browser to ask; a machine without one still tests the rest. */
static bool has_browser(void)
{
    return getenv("TASKTRAIL_NO_BROWSER") == NULL;
}

/* check's page of the input, with these arguments too (NULL ends). */
static void make_page_of(const char *input, const char *const *more)
{
    const char *words[16] = {"check", "--fail-on", "never", "--format", "html", "-o", page};
    size_t count = 7;
    snprintf(page, sizeof page, "%s", tt_tmpfile("report.html"));
    while (*more != NULL && count < 14)
        words[count++] = *more++;
    words[count] = "-";
    struct tt_run run = tt_tasktrail(NULL, input, words);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

#define MAKE_PAGE(input, ...) make_page_of(input, (const char *const[]){__VA_ARGS__, NULL})

static void make_page(void)
{
    MAKE_PAGE(hostile, "-q");
}

static void has(const char *dom, const char *text)
{
    ck_assert_msg(strstr(dom, text) != NULL, "the page does not hold %s", text);
}

static size_t count_of(const char *dom, const char *text)
{
    size_t count = 0;
    for (const char *at = dom; (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

/* No markup came out of the values, and the browser had nothing to complain about. */
static void is_harmless(const char *dom)
{
    ck_assert_ptr_null(strstr(dom, "<img"));
    ck_assert_ptr_null(strstr(dom, "onload=\"\""));
    ck_assert_ptr_null(strstr(dom, "<title>owned"));
    ck_assert_uint_eq(count_of(dom, "<script>"), 1);
    ck_assert_ptr_null(strstr(dom, "CONSOLE"));
    ck_assert_ptr_null(strstr(dom, "Content Security Policy directive"));
}

TT_TEST(hostile_values_stay_text_and_the_console_stays_silent)
{
    if (!has_browser())
        return;
    make_page();
    char *dom = rendered("");
    has(dom, "data-ready=\"1\"");
    has(dom, "<title>Task status discrepancies</title>");
    has(dom, "&lt;script&gt;document.title='owned'&lt;/script&gt;");
    has(dom, "&lt;img src=x onerror=alert(1)&gt;");
    has(dom, "B&amp;amp;");
    is_harmless(dom);
    free(dom);

    MAKE_PAGE(hostile, "--task", "<script>document.title='owned'</script>");
    dom = rendered("");
    has(dom, "<title>Task &lt;script&gt;document.title='owned'&lt;/script&gt;</title>");
    has(dom, "<dt>Then</dt><dd>E2 happened before E1, because");
    is_harmless(dom);
    free(dom);
}
TT_END

/* Control characters and those that turn writing around do not get into the page. */
TT_TEST(no_value_can_change_how_others_are_read)
{
    static const char turned[] = "{\"event_id\":\"1\",\"task_id\":\"a\\u202ecod.exe\",\"status\":"
                                 "\"B\\u0007\\u0085\",\"event_"
                                 "time\":2}\n"
                                 "{\"event_id\":\"2\",\"task_id\":\"a\\u202ecod.exe\",\"status\":"
                                 "\"A\\u2067\",\"event_time\":"
                                 "1}\n";
    MAKE_PAGE(turned, "-q");
    char *text = tt_read_file(page, NULL);
    has(text, "a\xef\xbf\xbd"
              "cod.exe");
    has(text, "B\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
    ck_assert_ptr_null(strstr(text, "\xe2\x81\xa7"));
    ck_assert_ptr_null(strchr(text, '\x07'));
    free(text);
}
TT_END

TT_TEST(the_table_sorts_and_filters_without_a_server)
{
    if (!has_browser())
        return;
    make_page();
    static const char lost_cell[] = "<td class=\"t\">lost_update</td>",
                      late_cell[] = "<td class=\"t\">late_arrival</td>";
    char *dom = rendered("#filter=plain&sort=0&down=1");
    has(dom, "<span id=\"shown\">2</span> of <span id=\"listed\">5</span> shown");
    const char *lost = strstr(dom, lost_cell), *late = strstr(dom, late_cell);
    ck_assert(lost != NULL && late != NULL && lost < late);
    ck_assert_uint_eq(count_of(dom, "<tr hidden=\"\">"), 3);
    free(dom);
    dom = rendered("#sort=0");
    lost = strstr(dom, lost_cell), late = strstr(dom, late_cell);
    ck_assert(lost != NULL && late != NULL && late < lost);
    free(dom);
    dom = rendered("#sort=1"); /* by how bad it is, not by the word */
    lost = strstr(dom, lost_cell), late = strstr(dom, late_cell);
    ck_assert(lost != NULL && late != NULL && late < lost);
    free(dom);
    dom = rendered("#filter=plain%20LATE"); /* every word, in any column */
    has(dom, "<span id=\"shown\">1</span>");
    free(dom);
}
TT_END

TT_TEST(a_page_holds_every_part_and_what_to_do_next)
{
    MAKE_PAGE(hostile, "-q");
    char *text = tt_read_file(page, NULL);
    has(text, "<dt>steps</dt><dd class=\"warning\">not judged: no lifecycle was given</dd>");
    has(text, "<h2>Tasks by the two orders</h2>");
    has(text, "<b>3</b>legal either way<br>");
    has(text, "<button data-kind=\"late_arrival\"");
    has(text, "<h2>How late the late events were</h2>");
    has(text, "<td class=\"n\">4 s</td>");
    has(text, "<rect class=\"late\"");
    has(text, "<line class=\"moved\"");
    has(text, "tasktrail check --format ndjson -</code>");
    has(text, "tasktrail check --tenant &#39;&#39;\\&#39;&#39;; drop&#39; --task "
              "&#39;&quot;&gt;&lt;svg onload=alert(1)&gt;&#39; -</code>");
    free(text);
}
TT_END

/* A page around ours that tells, for a window of each width, how much of a part lies beyond its
 * right edge and how many task ids take more than one line. */
static const char measuring[] =
    "<body><script>for(const width of [420,800,1100,1400]){"
    "const frame=document.createElement('iframe');frame.width=width;frame.height=900;"
    "frame.src='report.html';frame.addEventListener('load',()=>{"
    "const page=frame.contentDocument,all=what=>Array.from(page.querySelectorAll(what)),"
    "beyond=what=>all(what).filter(e=>e.getBoundingClientRect().right>width).length,"
    "broken=all('#records td:nth-child(4) span').filter(e=>e.textContent==='sqlite3:amd64'&&"
    "e.getBoundingClientRect().height>30).length,"
    "says=document.createElement('p');"
    "says.textContent=`at ${width}: ${all('.bars rect').length} bars, ${beyond('.bars rect')} "
    "beyond; ${all('.key span').length} marks, ${beyond('.key span')} beyond; "
    "${all('#records tr').length>30} and ${broken} broken; page ${"
    "page.documentElement.scrollWidth<=width}`;"
    "document.body.append(says);});document.body.append(frame);}</script>";

TT_TEST(a_narrow_window_shows_the_whole_chart_and_key_and_no_id_is_broken)
{
    if (!has_browser())
        return;
    char *input = tt_read_file(TT_SOURCE_DIR "/fixtures/dpkg/dpkg.log", NULL);
    MAKE_PAGE(input, "-q", "--input", "dpkg", "--zone", "UTC");
    free(input);
    snprintf(page, sizeof page, "%s", tt_tmpfile("measuring.html"));
    tt_write_file(page, measuring, strlen(measuring));
    char *dom = rendered("");
    static const char *const widths[] = {"420", "800", "1100", "1400"};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "at %s: 12 bars, 0 beyond; 4 marks, 0 beyond; true and 0 broken; page true",
                 widths[i]);
        const char *at = strstr(dom, "<p>at ");
        ck_assert_msg(strstr(dom, expected) != NULL, "not \"%s\": %s", expected,
                      at == NULL ? dom : at);
    }
    free(dom);
}
TT_END

/* Two events a task, the later one first: two discrepancies each; ids and statuses of every length.
 */
static char *many_tasks(int tasks)
{
    char *text = NULL, *long_id = malloc(100001);
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    memset(long_id, 'x', 100000);
    long_id[100000] = '\0';
    for (int i = 0; i < tasks; i++)
        for (int half = 0; half < 2; half++)
            fprintf(out,
                    "{\"event_id\":\"e%d-%d\",\"task_id\":\"task %d%s\",\"status\":\"S%d <%s>\","
                    "\"event_time\":%d}\n",
                    i, half, i, i % 2000 == 0 ? long_id : "", half == 0 ? i % 300 : 1000,
                    i % 2000 == 0 ? long_id : "b", 2 - half);
    fclose(out);
    free(long_id);
    return text;
}

TT_TEST(a_page_of_a_hundred_thousand_discrepancies_is_bounded_and_opens)
{
    char *input = many_tasks(60000);
    MAKE_PAGE(input, "--max-line", "2M");
    free(input);
    size_t bytes;
    char *text = tt_read_file(page, &bytes);
    ck_assert_msg(bytes < (size_t)4 << 20, "the page has %zu bytes", bytes);
    ck_assert_uint_eq(count_of(text, "<tr><td class=\"t\">"), 2000);
    has(text, "There are 120,000. Listed here are those of the stories above");
    has(text, "more stories of ");
    has(text, "tasktrail check --max-line 2M --format ndjson -</code>");
    free(text);
    if (!has_browser())
        return;
    char *dom = rendered("#filter=lost_update&sort=3&down=1");
    has(dom, "data-ready=\"1\"");
    has(dom, "of <span id=\"listed\">2000</span> shown");
    is_harmless(dom);
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
         no_value_can_change_how_others_are_read, the_table_sorts_and_filters_without_a_server,
         a_page_holds_every_part_and_what_to_do_next,
         a_narrow_window_shows_the_whole_chart_and_key_and_no_id_is_broken,
         a_page_of_a_hundred_thousand_discrepancies_is_bounded_and_opens,
         the_policy_allows_exactly_the_style_and_script_of_the_page,
         csv_cells_that_would_run_as_formulas_are_harmless_and_terminals_get_no_escapes)
