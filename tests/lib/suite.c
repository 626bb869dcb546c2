#include "tests/lib/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int tt_suite_run(const char *name, const TTest *const *cases, size_t count, double limit_s)
{
    return tt_suite_run_each(name, cases, count, limit_s, 1);
}

int tt_suite_run_each(const char *name, const TTest *const *cases, size_t count, double limit_s,
                      int times)
{
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < count; i++) { /* a case each, so that CK_RUN_CASE names one test */
        TCase *one = tcase_create(cases[i]->name);
        tcase_set_timeout(one, limit_s);
        tcase_add_loop_test(one, cases[i], 0, times);
        suite_add_tcase(suite, one);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

uint64_t tt_test_seed(uint64_t usual)
{
    const char *given = getenv("TT_SEED");
    uint64_t seed = given == NULL ? usual : strtoull(given, NULL, 10);
    printf("seed %llu (TT_SEED)\n", (unsigned long long)seed);
    return seed == 0 ? 1 : seed;
}
