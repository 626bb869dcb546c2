/* The way between a client and a model. Whoever holds it decides what becomes of each call: it may
 * take its time, fail before the call has had its effect, or after. */
#ifndef TT_TESTS_SIM_LINK_H
#define TT_TESTS_SIM_LINK_H

#include "core/base/err.h"

#define TT_SIM_CALLS(X)                                                                            \
    X(CONNECT, connect)                                                                            \
    X(BEAT, beat)                                                                                  \
    X(CLAIM, claim)                                                                                \
    X(PREFETCH, prefetch)                                                                          \
    X(CARRY_ON, carry_on)                                                                          \
    X(RENEW, renew)                                                                                \
    X(FINISH, finish)                                                                              \
    X(GIVE_BACK, give_back)                                                                        \
    X(WAIT, wait)                                                                                  \
    X(BURY, bury)                                                                                  \
    X(PARK, park)                                                                                  \
    X(TRIM, trim)                                                                                  \
    X(BACKLOG, backlog)                                                                            \
    X(BEGIN, begin)                                                                                \
    X(FENCE, fence)                                                                                \
    X(RESERVE, reserve)                                                                            \
    X(LOAD, load)                                                                                  \
    X(HISTORIES, histories)                                                                        \
    X(WRITE, write)                                                                                \
    X(COMMIT, commit)                                                                              \
    X(ROLLBACK, rollback)                                                                          \
    X(SLEEP, sleep)

enum tt_sim_call {
#define TT_SIM_CALL_ENUM(upper, lower) TT_SIM_##upper,
    TT_SIM_CALLS(TT_SIM_CALL_ENUM)
#undef TT_SIM_CALL_ENUM
        TT_SIM_CALL_COUNT
};
const char *tt_sim_call_name(enum tt_sim_call call);

struct tt_link {
    void *context;
    /* Before the effect. Another answer than TT_OK: there is none. */
    enum tt_err (*there)(void *context, enum tt_sim_call call, struct tt_fault *fault);
    /* After it. Another answer than TT_OK: the caller does not learn of it. */
    enum tt_err (*back)(void *context, enum tt_sim_call call, struct tt_fault *fault);
    /* Between two steps of one call: others may come in between. Another answer than TT_OK: the
     * steps that are left do not happen. */
    enum tt_err (*between)(void *context, struct tt_fault *fault);
};

#endif
