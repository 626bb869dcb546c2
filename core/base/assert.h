/* Assertions for bugs in this program, kept in production builds. Input and environment are errors,
 * never assertions: see err.h. A failed assertion prints where and aborts; a supervisor restarts.
 */
#ifndef TT_BASE_ASSERT_H
#define TT_BASE_ASSERT_H

#define tt_assert(condition)                                                                       \
    ((condition) ? (void)0 : tt_assert_failed(#condition, __FILE__, __LINE__, __func__))

_Noreturn void tt_assert_failed(const char *condition, const char *file, int line,
                                const char *function);

#endif
