#include "adapters/system/spool_dir.h"

#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever owns the folder can put other files in place of ours. */
enum tt_err tt_spool_dir_make(const char *dir, struct tt_fault *fault)
{
    struct stat info;
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || stat(dir, &info) != 0)
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", dir);
    if (!S_ISDIR(info.st_mode))
        return tt_fault_set(fault, TT_ERR_INVALID, "%s: not a folder", dir);
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return tt_fault_set(
            fault, TT_ERR_DENIED,
            "%s: the folder is somebody else's: rows waiting in it could be changed", dir);
    return TT_OK;
}

static bool is_swept(const struct tt_spool_sweep *sweep, const char *name)
{
    char stem[sizeof((struct dirent *)NULL)->d_name];
    size_t len = strlen(name), end_len = strlen(sweep->end);
    if (strncmp(name, sweep->prefix, strlen(sweep->prefix)) != 0 || len < end_len ||
        strcmp(name + len - end_len, sweep->end) != 0)
        return false;
    snprintf(stem, sizeof stem, "%.*s", (int)(len - end_len), name);
    return sweep->wanted == NULL || !sweep->wanted(sweep->wanted_context, stem);
}

void tt_spool_dir_sweep(const char *dir, const struct tt_spool_sweep *sweep)
{
    const struct tt_clock clock = tt_system_clock(NULL);
    const int64_t old_s = clock.wall_us(clock.context) / 1000000 - sweep->age_s;
    DIR *listing = opendir(dir);
    const struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        struct stat info;
        if (is_swept(sweep, entry->d_name) &&
            fstatat(dirfd(listing), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            info.st_mtime < old_s)
            (void)unlinkat(dirfd(listing), entry->d_name, 0);
    }
    if (listing != NULL)
        closedir(listing);
}
