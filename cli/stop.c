#include "cli/stop.h"

#include "cli/commands.h"
#include <signal.h>
#include <unistd.h>

static volatile int stop;

static void on_signal(int number)
{
    (void)number;
    if (stop != 0)
        _exit(TT_EXIT_TROUBLE);
    stop = 1;
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
