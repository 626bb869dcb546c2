/* One test program = one suite. A test file lists its cases once:
 *
 *   TT_TEST(time_with_a_lower_case_t_is_accepted) { ck_assert(...); }
 *   TT_SUITE("core/base/time", time_with_a_lower_case_t_is_accepted, ...)
 */
#ifndef TT_TESTS_LIB_SUITE_H
#define TT_TESTS_LIB_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#define TT_TEST(name) START_TEST(name)
#define TT_END        END_TEST

/* Runs the cases with a limit of seconds each; returns main's status. */
int tt_suite_run(const char *name, const TTest *const *cases, size_t count, double limit_s);

/* Runs each case `times` times; Check's _i counts from 0. */
int tt_suite_run_each(const char *name, const TTest *const *cases, size_t count, double limit_s,
                      int times);

/* The seed of a test that goes by chance: what TT_SEED says, or `usual`. It is printed. Never 0. */
uint64_t tt_test_seed(uint64_t usual);

#define TT_SUITE_LIMIT(name, limit_s, ...)                                                         \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *list[] = {__VA_ARGS__};                                                       \
        return tt_suite_run(name, list, sizeof list / sizeof *list, limit_s);                      \
    }
#define TT_SUITE(name, ...) TT_SUITE_LIMIT(name, 120, __VA_ARGS__)

#endif
