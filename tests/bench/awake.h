/* Keeps the processors awake while something is measured on them, by the kernel's own means for
 * programs to which it matters how soon they are woken (Documentation/power/pm_qos_interface.rst;
 * cyclictest does the same). A processor that sleeps takes time to wake up; a virtual one is given
 * to others meanwhile, and comes back when the machine's host gets round to it, milliseconds later
 * now and then. That would be measured, not what ran. */
#ifndef TT_BENCH_AWAKE_H
#define TT_BENCH_AWAKE_H

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* A file that keeps them awake until it is closed; -1: this machine has no such thing, or we no
 * right to it. */
static inline int awake_open(void)
{
    const int32_t longest_us = 0;
    int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, &longest_us, sizeof longest_us) != sizeof longest_us) {
        close(fd);
        fd = -1;
    }
    return fd;
}

#endif
