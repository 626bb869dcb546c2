/* Calls a fuzz target with each file of a folder, its corpus, so that every build runs it. A file
 * can be named as well: that is how an input that fuzzing found is run again. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    tt_fuzz_check(file != NULL && fstat(fileno(file), &info) == 0);
    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size == 0 ? 1 : size); /* exactly, so that reading on is seen */
    tt_fuzz_check(data != NULL && fread(data, 1, size, file) == size);
    fclose(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned replay(const char *path)
{
    unsigned files = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        replay_file(path);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        replay_file(name);
        files++;
    }
    closedir(folder);
    return files;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER|FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) == 0) {
            fprintf(stderr, "%s: no files\n", argv[i]);
            return 1;
        }
    return 0;
}
