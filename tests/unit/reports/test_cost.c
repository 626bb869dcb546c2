/* Costs, held against amounts worked out by hand from the list prices built in. */
#include "reports/cost.h"
#include "tests/lib/process.h"
#include "tests/lib/program.h"
#include "tests/lib/suite.h"

#include <stdlib.h>
#include <string.h>

static struct tt_prices prices;

static void read_prices(void)
{
    struct tt_fault fault = {0};
    ck_assert_msg(tt_prices_parse(tt_prices_text(), &prices, &fault) == TT_OK, "%s", fault.text);
}

static const struct tt_cost_volume million = {1e6, 300, 300, 1};

TT_TEST(a_million_rows_of_300_bytes_cost_what_the_list_says)
{
    struct tt_cost_volume batched = million;
    read_prices();
    batched.messages_per_request = 3;
    ck_assert_double_eq(tt_cost_upload(&prices, TT_COST_LOAD, &million, false), 0);
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_WRITE, &million, false), 0.0070, 5e-5);
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_INSERTALL, &million, false), 0.0477,
                            5e-5);
    /* 1000 bytes a request: 1e9 / 2^40 * 40; delivered 336 bytes each: 3.36e8 / 2^40 * 50 */
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_PUBSUB, &million, false),
                            0.03638 + 0.01528, 5e-5);
    /* three of 336 are 1008 */
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_PUBSUB, &batched, false),
                            0.01222 + 0.01528, 5e-5);
    ck_assert_double_eq_tol(tt_cost_keep(&prices, &million, 365.25 / 12), 0.0056, 5e-5);
    ck_assert_double_eq_tol(tt_cost_query(&prices, 1), 0.0000596, 5e-7);
    ck_assert_double_eq_tol(tt_cost_query(&prices, 1099511627776.0), 6.25, 1e-9);
}
TT_END

TT_TEST(rows_larger_than_the_minimum_cost_their_bytes)
{
    const struct tt_cost_volume large = {1000, 4096, 4096, 10};
    read_prices();
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_INSERTALL, &large, false),
                            4096000 / 1073741824.0 * 0.05, 1e-12);
    ck_assert_double_eq_tol(tt_cost_upload(&prices, TT_COST_PUBSUB, &large, false),
                            4132000 / 1099511627776.0 * 90, 1e-12);
}
TT_END

TT_TEST(old_rows_are_kept_at_half_the_price)
{
    double month = 365.25 / 12;
    read_prices();
    double young = tt_cost_keep(&prices, &million, 90);
    ck_assert_double_eq_tol(young, 3e8 / 1073741824 * 0.02 * 90 / month, 1e-12);
    ck_assert_double_eq_tol(tt_cost_keep(&prices, &million, 190) - young,
                            3e8 / 1073741824 * 0.01 * 100 / month, 1e-12);
}
TT_END

TT_TEST(the_free_tier_is_taken_off_and_never_below_nothing)
{
    struct tt_cost_case asked = {1e6, {1, 300, 300, 1}, 365, true, NULL};
    read_prices();
    struct tt_cost_line small = tt_cost_line(&prices, &asked, TT_COST_WRITE);
    ck_assert_double_eq(small.upload_month, 0);
    ck_assert_double_eq(small.query_month, 0);
    /* 25.1 GiB young, 76.8 GiB old; 10 GiB of the young are free */
    ck_assert_double_eq_tol(small.store_month, (25.1457 - 10) * 0.02 + 76.8341 * 0.01, 1e-3);
    asked.events_per_day = 1e9;
    struct tt_cost_line large = tt_cost_line(&prices, &asked, TT_COST_WRITE);
    double month_gib = 1e9 * 300 * 365.25 / 12 / 1073741824;
    ck_assert_double_eq_tol(large.upload_month, (month_gib - 2048) * 0.025, 1e-6);
    ck_assert_double_gt(tt_cost_line(&prices, &asked, TT_COST_INSERTALL).upload_month, 1000);
}
TT_END

TT_TEST(a_message_costs_its_upload_its_keeping_and_its_share_of_queries)
{
    const struct tt_cost_case asked = {1e6, {1, 300, 300, 1}, 30, false, NULL};
    read_prices();
    struct tt_cost_line line = tt_cost_line(&prices, &asked, TT_COST_INSERTALL);
    double expected = tt_cost_upload(&prices, TT_COST_INSERTALL, &million, false) +
                      tt_cost_keep(&prices, &million, 30) + tt_cost_query(&prices, 3e8);
    ck_assert_double_eq_tol(line.message, expected / 1e6, 1e-15);
}
TT_END

TT_TEST(a_price_file_has_all_numbers_and_no_others)
{
    static const char *const bad[][2] = {
        {"[]", "object"},
        {"{\"date\": \"x\"}", "\"currency\" is missing"},
        {"{\"date\": 1}", "\"date\": expected a short text"},
        {"not JSON", "prices: "},
    };
    struct tt_prices untouched = {.load_gib = 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tt_fault fault = {0};
        ck_assert_int_eq(tt_prices_parse(tt_str_from(bad[i][0]), &untouched, &fault),
                         TT_ERR_INVALID);
        ck_assert_msg(strstr(fault.text, bad[i][1]) != NULL, "%s", fault.text);
    }
    ck_assert_double_eq(untouched.load_gib, 7);
}
TT_END

TT_TEST(the_command_takes_prices_of_a_file_and_prints_both_forms)
{
    char folder[TT_FOLDER_MAX];
    size_t bytes = 0;
    tt_folder_make(folder);
    char *text = tt_folder_read(TT_SOURCE_DIR, "fixtures/prices.json", &bytes);
    char *at = strstr(text, "\"load_gib\": 0,");
    ck_assert_ptr_nonnull(at);
    at[12] = '1';
    tt_file_write(folder, "dear.json", text, bytes);
    struct tt_run run =
        tt_tasktrail(folder, NULL,
                     (const char *const[]){"cost", "--prices", "dear.json", "--bytes", "1G",
                                           "--events-per-day", "12", "--json", NULL});
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "\"load\":{\"upload_month\":365.25,"));
    tt_run_done(&run);
    at[12] = '-';
    tt_file_write(folder, "dear.json", text, bytes);
    run = tt_tasktrail(folder, NULL, (const char *const[]){"cost", "--prices", "dear.json", NULL});
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "dear.json"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("cost");
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "1,000,000 events a day of 300 bytes"));
    ck_assert_ptr_nonnull(strstr(run.out, "before any free tier"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("cost", "--store", "sqlite:/nowhere/at/all.db");
    ck_assert_int_eq(run.status, 3);
    tt_run_done(&run);
    free(text);
    tt_folder_remove(folder);
}
TT_END

TT_SUITE("reports/cost", a_million_rows_of_300_bytes_cost_what_the_list_says,
         rows_larger_than_the_minimum_cost_their_bytes, old_rows_are_kept_at_half_the_price,
         the_free_tier_is_taken_off_and_never_below_nothing,
         a_message_costs_its_upload_its_keeping_and_its_share_of_queries,
         a_price_file_has_all_numbers_and_no_others,
         the_command_takes_prices_of_a_file_and_prints_both_forms)
