/* Fibers: functions with a stack of their own that give way to each other when they say so, all on
 * one thread. AddressSanitizer and ThreadSanitizer are told. */
#ifndef TT_TESTS_SIM_FIBER_H
#define TT_TESTS_SIM_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

struct tt_fiber {
    ucontext_t context, caller;
    void *stack; /* kept for the next start */
    void (*run)(void *argument);
    void *argument;
    bool running; /* started and not at its end */
    /* of the sanitizers */
    void *thread, *caller_thread, *fake_stack, *caller_fake_stack;
    const void *caller_bottom;
    size_t caller_size;
};

/* Not running: begins with the next resume. */
void tt_fiber_start(struct tt_fiber *fiber, void (*run)(void *argument), void *argument);
/* Runs until it yields or ends. */
void tt_fiber_resume(struct tt_fiber *fiber);
/* Within the fiber: back to whoever resumed it. */
void tt_fiber_yield(struct tt_fiber *fiber);
/* Not while it runs. */
void tt_fiber_done(struct tt_fiber *fiber);

#endif
