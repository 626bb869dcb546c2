/* How much memory there is. Threads: any. */
#ifndef TT_ADAPTERS_SYSTEM_MEMORY_H
#define TT_ADAPTERS_SYSTEM_MEMORY_H

#include <stdint.h>

/* The machine's, or what this process's control group (a container's, say) may have, where that is
 * less. */
uint64_t tt_memory_bytes(void);

/* The limit of the control group that a file in the form of /proc/self/cgroup names, or of one that
 * it is in; below `root`, where version 2 is mounted, or version 1's controllers are. UINT64_MAX:
 * none. */
uint64_t tt_memory_limit(const char *groups_path, const char *root);

#endif
