/* Control groups limit memory in a file of their folder: memory.max (version 2), or
 * memory/.../memory.limit_in_bytes (version 1). A process in a container often sees its own group
 * as the root, whatever its path says, so the root is looked at as well (cgroups(7),
 * cgroup_namespaces(7)).
 */
#include "adapters/system/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* "max", or a number; UINT64_MAX where the file is not there. */
static uint64_t read_limit(const char *folder, const char *name)
{
    char path[PATH_BYTES], text[32] = "";
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = len < (int)sizeof path ? fopen(path, "re") : NULL;
    if (file == NULL)
        return UINT64_MAX;
    char *end = text;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    unsigned long long limit = strtoull(text, &end, 10);
    return end == text ? UINT64_MAX : limit;
}

/* Of the group, and of all that it is in up to the root: the least counts. */
static uint64_t least_of(const char *root, const char *group, const char *name)
{
    char folder[PATH_BYTES];
    uint64_t least = UINT64_MAX;
    size_t root_len = strlen(root);
    if (snprintf(folder, sizeof folder, "%s%s", root, group) >= (int)sizeof folder)
        return least;
    for (;;) {
        uint64_t limit = read_limit(folder, name);
        least = limit < least ? limit : least;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < root_len)
            return least;
        *slash = '\0';
    }
}

/* "0::/group" of version 2, "5:cpu,memory:/group" of version 1. */
static uint64_t limit_of_line(char *line, const char *root)
{
    char memory[PATH_BYTES];
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':'), *group = NULL;
    if (controllers != NULL)
        group = strchr(++controllers, ':');
    if (group == NULL)
        return UINT64_MAX;
    *group++ = '\0';
    if (controllers[0] == '\0')
        return least_of(root, group, "memory.max");
    char *rest = controllers;
    for (char *one; (one = strsep(&rest, ",")) != NULL;)
        if (strcmp(one, "memory") == 0 &&
            snprintf(memory, sizeof memory, "%s/memory", root) < (int)sizeof memory)
            return least_of(memory, group, "memory.limit_in_bytes");
    return UINT64_MAX;
}

uint64_t tt_memory_limit(const char *groups_path, const char *root)
{
    uint64_t least = UINT64_MAX;
    char line[PATH_BYTES];
    FILE *file = fopen(groups_path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        uint64_t limit = limit_of_line(line, root);
        least = limit < least ? limit : least;
    }
    if (file != NULL)
        fclose(file);
    return least;
}

uint64_t tt_memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t all = (uint64_t)pages * (uint64_t)page;
    uint64_t limit = tt_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup");
    return limit < all ? limit : all;
}
