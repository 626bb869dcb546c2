/* The same events in another form, or read in another way: nothing that is found may change. */
#include "tests/lib/scene.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { ROUNDS = 4, TASKS = 200, MANY_TASKS = 3000, TOO_MANY_TASKS = 4 * 12000 };

/* Writes bytes from .. to of the file into another. */
static void cut(const struct tt_scene *scene, const char *text, size_t from, size_t to,
                const char *name)
{
    tt_file_write(scene->folder, name, text + from, to - from);
}

TT_TEST(splitting_the_input_into_files_changes_nothing)
{
    struct tt_scene scene;
    tt_scene_begin(&scene, "split");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t bytes;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        tt_scene_history(&scene, "whole", &history, TT_HISTORY_PLAIN);
        char *text = tt_folder_read(scene.folder, "whole", &bytes);
        const char *newline = text + tt_chance_below(&scene.chance, (unsigned)bytes / 2);
        size_t first = (size_t)(strchr(newline, '\n') - text) + 1;
        newline = text + first + tt_chance_below(&scene.chance, (unsigned)(bytes - first - 1));
        size_t second = (size_t)(strchr(newline, '\n') - text) + 1;
        cut(&scene, text, 0, first - 1, "one"); /* without its last line feed */
        cut(&scene, text, first, second, "two");
        cut(&scene, text, second, bytes, "three");
        cut(&scene, text, 0, 0, "none");
        tt_scene_equal(CHECK(&scene, "whole"), CHECK(&scene, "one", "none", "two", "three"),
                       "splitting the input");
        free(text);
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

TT_TEST(order_of_keys_white_space_and_notation_change_nothing)
{
    struct tt_scene scene;
    tt_scene_begin(&scene, "notation");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        tt_scene_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        tt_scene_history(&scene, "b", &history, TT_HISTORY_ODD);
        tt_scene_equal(CHECK(&scene, NOW, "a"), CHECK(&scene, NOW, "b"), "another notation");
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

static void many_events(struct tt_scene *scene, const char *name, int tasks)
{
    struct tt_history history;
    tt_history_make(&scene->chance,
                    &(struct tt_history_options){.tasks = tasks, .duplicates = true}, &history);
    tt_scene_history(scene, name, &history, TT_HISTORY_PLAIN);
    tt_history_free(&history);
}

TT_TEST(number_of_threads_changes_nothing)
{
    static const char *const counts[] = {"2", "3", "8"};
    struct tt_scene scene;
    tt_scene_begin(&scene, "threads");
    many_events(&scene, "a", MANY_TASKS);
    json_t *one = CHECK(&scene, NOW, "--threads", "1", "a");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        tt_scene_equal(json_incref(one), CHECK(&scene, NOW, "--threads", counts[i], "a"),
                       "the number of threads");
    json_decref(one);
    tt_folder_remove(scene.folder);
}
TT_END

TT_TEST(little_memory_changes_nothing)
{
    struct tt_scene scene;
    tt_scene_begin(&scene, "memory");
    many_events(&scene, "a", TOO_MANY_TASKS);
    /* the events do not fit, or the folder for what does not fit would not be missed */
    const char *const no_folder[] = {TT_PROGRAM, "check",      "--memory",       "1M",
                                     "a",        "--temp-dir", "no-such-folder", NULL};
    struct tt_program_result result;
    tt_program_run(scene.folder, no_folder, &result);
    ck_assert_int_eq(result.status, 3);
    tt_program_result_free(&result);
    json_t *whole = CHECK(&scene, NOW, "a");
    tt_scene_equal(json_incref(whole), CHECK(&scene, NOW, "--memory", "1M", "--threads", "1", "a"),
                   "little memory");
    tt_scene_equal(whole, CHECK(&scene, NOW, "--memory", "1M", "--threads", "3", "a"),
                   "little memory and three threads");
    tt_folder_remove(scene.folder);
}
TT_END

static void write_gzip(const struct tt_scene *scene, const char *name, const char *mode,
                       const char *text, size_t bytes)
{
    char path[TT_FOLDER_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    gzFile file = gzopen(path, mode);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, text, (unsigned)bytes), (int)bytes);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

TT_TEST(compression_changes_nothing)
{
    struct tt_scene scene;
    size_t bytes;
    tt_scene_begin(&scene, "compression");
    many_events(&scene, "a", MANY_TASKS);
    char *text = tt_folder_read(scene.folder, "a", &bytes);
    write_gzip(&scene, "a.gz", "wb", text, bytes);
    write_gzip(&scene, "two.gz", "wb", text, bytes / 3); /* two members, cut within a line */
    write_gzip(&scene, "two.gz", "ab", text + bytes / 3, bytes - bytes / 3);
    size_t room = ZSTD_compressBound(bytes);
    char *packed = malloc(room);
    size_t size = ZSTD_compress(packed, room, text, bytes, 1);
    ck_assert_uint_eq(ZSTD_isError(size), 0);
    tt_file_write(scene.folder, "a.zst", packed, size);
    json_t *plain = CHECK(&scene, NOW, "a");
    tt_scene_equal(json_incref(plain), CHECK(&scene, NOW, "a.gz"), "gzip");
    tt_scene_equal(json_incref(plain), CHECK(&scene, NOW, "two.gz"), "gzip in two members");
    tt_scene_equal(json_incref(plain), CHECK(&scene, NOW, "a.zst"), "zstd");
    tt_file_write(scene.folder, "unnamed", packed, size); /* known by its bytes, not its name */
    tt_scene_equal(plain, CHECK(&scene, NOW, "unnamed"), "zstd by another name");
    free(packed);
    free(text);
    tt_folder_remove(scene.folder);
}
TT_END

TT_SUITE_LIMIT("property/replay_forms", 500, splitting_the_input_into_files_changes_nothing,
               order_of_keys_white_space_and_notation_change_nothing,
               number_of_threads_changes_nothing, little_memory_changes_nothing,
               compression_changes_nothing)
