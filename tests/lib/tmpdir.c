#include "tests/lib/tmpdir.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[256];
static pid_t owner;

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

static void remove_dir(void)
{
    if (getpid() == owner)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tt_tmpdir(void)
{
    if (owner == getpid())
        return dir;
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.200s/tasktrail-test-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(dir) == NULL) { /* also asked for outside of tests: no ck_assert */
        perror(dir);
        exit(2);
    }
    owner = getpid();
    atexit(remove_dir);
    return dir;
}

const char *tt_tmpfile(const char *name)
{
    static char paths[16][400];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%.120s", tt_tmpdir(), name);
    return path;
}

void tt_write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

char *tt_read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t len = 0, capacity = 4096, got;
    char *text = malloc(capacity);
    while ((got = fread(text + len, 1, capacity - len - 1, file)) > 0) {
        len += got;
        if (capacity - len < 2)
            text = realloc(text, capacity *= 2);
    }
    fclose(file);
    text[len] = '\0';
    if (ret_len != NULL)
        *ret_len = len;
    return text;
}
