#include "cli/stop.h"

#include "cli/commands.h"
#include "core/base/log.h"
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_S = 5 };

static volatile int stop;
static timer_t end_timer;
static struct itimerspec end_after; /* zero: there is none */

static void on_signal(int number)
{
    (void)number;
    if (stop != 0) {
        tt_log_from_signal("stopped", end_after.it_value.tv_sec > 0
                                          ? "stopped at once; what was in hand comes again"
                                          : "stopped at once");
        _exit(TT_EXIT_TROUBLE);
    }
    stop = 1;
    if (end_after.it_value.tv_sec > 0)
        (void)timer_settime(end_timer, 0, &end_after, NULL);
}

/* In a thread of its own: whatever the others wait for, a server that does not answer among it, or
 * somebody who does not read what is logged. */
static void end_all(union sigval nothing)
{
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    (void)nothing;
    if (poll(&log, 1, 0) == 1 && (log.revents & POLLOUT) != 0)
        tt_log(TT_LOG_ERROR, "drain_over",
               "the work in hand could not be finished in time (--drain); others will do it");
    _exit(TT_EXIT_TROUBLE);
}

static volatile int reloads;

static void on_hangup(int number)
{
    (void)number;
    reloads = reloads + 1;
}

const volatile int *tt_reload_listen(void)
{
    struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
    return &reloads;
}

const volatile int *tt_stop_listen(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waiting ends */
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    return &stop;
}

void tt_stop_within(int64_t limit_us)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = end_all};
    if (timer_create(CLOCK_MONOTONIC, &event, &end_timer) == 0)
        end_after.it_value.tv_sec = limit_us / 1000000 + GRACE_S;
    if (stop != 0 && end_after.it_value.tv_sec > 0) /* the signal was quicker */
        (void)timer_settime(end_timer, 0, &end_after, NULL);
}
