/* The command line's files are not a library: this one is taken as it is. */
#include "cli/destination.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/lib/suite.h"

TT_TEST(googles_endpoints_are_one_place_and_others_are_places_of_their_own)
{
    static const char *const cases[][2] = {
        {"https://bigquery.googleapis.com", "bigquery:p.d"},
        {"https://bigquery.europe-west3.rep.googleapis.com", "bigquery:p.d"},
        {"https://bigquery-own.p.googleapis.com:443", "bigquery:p.d"},
        {"https://BigQuery.GoogleAPIs.com", "bigquery:p.d"},
        {"http://127.0.0.1:9050", "bigquery:p.d@http://127.0.0.1:9050"},
        {"http://bigquery.googleapis.com", "bigquery:p.d@http://bigquery.googleapis.com"},
        {"https://googleapis.com.example.com", "bigquery:p.d@https://googleapis.com.example.com"},
        {"https://example.com/x.googleapis.com",
         "bigquery:p.d@https://example.com/x.googleapis.com"},
        {"https://notgoogleapis.com", "bigquery:p.d@https://notgoogleapis.com"},
    };
    char name[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tt_destination_write(name, sizeof name, "p.d", cases[i][0], false);
        ck_assert_str_eq(name, cases[i][1]);
    }
    tt_destination_write(name, sizeof name, "p.d", cases[1][0], true);
    ck_assert_str_eq(name, "bigquery:p.d+pubsub");
    tt_destination_write(name, sizeof name, "p.d", cases[4][0], true);
    ck_assert_str_eq(name, "bigquery:p.d@http://127.0.0.1:9050+pubsub");
}
TT_END

TT_SUITE("cli/destination", googles_endpoints_are_one_place_and_others_are_places_of_their_own)
