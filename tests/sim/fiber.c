#include "tests/sim/fiber.h"

#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WITH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum { STACK_BYTES = 512 * 1024 };

/* ---- What the sanitizers want to know: before and after each switch */

static void leaving(void **fake_stack, const void *bottom, size_t size, void *thread)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#else
    (void)fake_stack, (void)bottom, (void)size;
#endif
#ifdef WITH_TSAN
    __tsan_switch_to_fiber(thread, 0);
#else
    (void)thread;
#endif
}

static void arrived(void *fake_stack, const void **ret_bottom, size_t *ret_size)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, ret_bottom, ret_size);
#else
    (void)fake_stack, (void)ret_bottom, (void)ret_size;
#endif
}

/* ---- */

static void begin(unsigned high, unsigned low)
{
    struct tt_fiber *fiber = (struct tt_fiber *)((uintptr_t)high << 32 | low);
    arrived(NULL, &fiber->caller_bottom, &fiber->caller_size);
    fiber->run(fiber->argument);
    fiber->running = false;
    leaving(NULL, fiber->caller_bottom, fiber->caller_size, fiber->caller_thread);
    swapcontext(&fiber->context, &fiber->caller);
}

void tt_fiber_start(struct tt_fiber *fiber, void (*run)(void *argument), void *argument)
{
    uintptr_t self = (uintptr_t)fiber;
    if (fiber->stack == NULL)
        fiber->stack = malloc(STACK_BYTES);
    if (fiber->stack == NULL || getcontext(&fiber->context) != 0)
        abort();
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_BYTES;
    fiber->context.uc_link = NULL;
    fiber->run = run;
    fiber->argument = argument;
    fiber->running = true;
    fiber->fake_stack = NULL;
#ifdef WITH_TSAN
    if (fiber->thread != NULL)
        __tsan_destroy_fiber(fiber->thread);
    fiber->thread = __tsan_create_fiber(0);
#endif
    makecontext(&fiber->context, (void (*)(void))begin, 2, (unsigned)(self >> 32), (unsigned)self);
}

void tt_fiber_resume(struct tt_fiber *fiber)
{
#ifdef WITH_TSAN
    fiber->caller_thread = __tsan_get_current_fiber();
#endif
    leaving(&fiber->caller_fake_stack, fiber->stack, STACK_BYTES, fiber->thread);
    swapcontext(&fiber->caller, &fiber->context);
    arrived(fiber->caller_fake_stack, NULL, NULL);
}

void tt_fiber_yield(struct tt_fiber *fiber)
{
    leaving(&fiber->fake_stack, fiber->caller_bottom, fiber->caller_size, fiber->caller_thread);
    swapcontext(&fiber->context, &fiber->caller);
    arrived(fiber->fake_stack, &fiber->caller_bottom, &fiber->caller_size);
}

void tt_fiber_done(struct tt_fiber *fiber)
{
#ifdef WITH_TSAN
    if (fiber->thread != NULL)
        __tsan_destroy_fiber(fiber->thread);
#endif
    free(fiber->stack);
    fiber->stack = NULL;
    fiber->thread = NULL;
}
