#include "cli/demo_files.h"

#include "core/base/mem.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum tt_err tt_demo_logs_add(struct tt_demo_logs *logs, const char *path, struct tt_fault *fault)
{
    size_t size = strlen(path) + 1;
    if (logs->count == TT_DEMO_LOGS_MAX)
        return TT_OK;
    logs->paths[logs->count] = tt_mem_alloc(size);
    if (logs->paths[logs->count] == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    memcpy(logs->paths[logs->count++], path, size);
    return TT_OK;
}

/* Oldest first: dpkg.log.2.gz, dpkg.log.1, dpkg.log. */
enum tt_err tt_demo_logs_find(struct tt_demo_logs *logs, struct tt_fault *fault)
{
    DIR *dir = opendir("/var/log");
    struct dirent *entry;
    enum tt_err err = TT_OK;
    while (err == TT_OK && dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[PATH_BYTES];
        if (strncmp(entry->d_name, "dpkg.log", 8) != 0)
            continue;
        snprintf(path, sizeof path, "/var/log/%.200s", entry->d_name);
        if (access(path, R_OK) == 0)
            err = tt_demo_logs_add(logs, path, fault);
    }
    if (dir != NULL)
        closedir(dir);
    /* By name dpkg.log comes first and .1 before .2.gz (rotation keeps fewer than ten): turn round
     * for oldest first. */
    qsort(logs->paths, logs->count, sizeof *logs->paths, compare_texts);
    for (size_t i = 0; i < logs->count / 2; i++) {
        char *swap = logs->paths[i];
        logs->paths[i] = logs->paths[logs->count - 1 - i];
        logs->paths[logs->count - 1 - i] = swap;
    }
    return err;
}

void tt_demo_logs_done(struct tt_demo_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        tt_mem_free(logs->paths[i]);
    logs->count = 0;
}

enum tt_err tt_demo_file(const char *self, const char *name, char *path, size_t size,
                         struct tt_fault *fault)
{
    /* Installed, wherever the whole was moved to since; else in the source tree around a build. */
    static const char *const places[] = {TT_DATA_FROM_BIN "/fixtures", "../../../fixtures"};
    char dir[PATH_BYTES];
    snprintf(dir, sizeof dir, "%s", self);
    char *slash = strrchr(dir, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, size, "%.400s/%s/%s", dir, places[i], name);
        char *real = realpath(path, NULL);
        if (real != NULL) {
            snprintf(path, size, "%s", real);
            free(real); /* tidy: free: realpath hands out memory of malloc */
            return TT_OK;
        }
    }
    return tt_fault_set(fault, TT_ERR_NOT_FOUND,
                        "demo: %s is not there: looked in %.400s/%s, where cmake --install puts it",
                        name, dir, places[0]);
}
