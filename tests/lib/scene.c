#include "tests/lib/scene.h"

#include "tests/lib/suite.h"

#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 24 };

void tt_scene_begin(struct tt_scene *scene, const char *name)
{
    scene->chance.state = tt_chance_seed(name);
    tt_folder_make(scene->folder);
    char *lifecycles = tt_history_lifecycles(&scene->chance);
    tt_file_write(scene->folder, "lifecycles", lifecycles, strlen(lifecycles));
    free(lifecycles);
}

json_t *tt_scene_check(const struct tt_scene *scene, const char *const *more)
{
    const char *argv[ARGS_MAX] = {TT_PROGRAM,  "check", "--format",    "json",
                                  "--fail-on", "never", "--lifecycle", "lifecycles"};
    struct tt_program_result result;
    size_t count = 8;
    while (*more != NULL && count < ARGS_MAX - 1)
        argv[count++] = *more++;
    tt_program_run(scene->folder, argv, &result);
    ck_assert_msg(result.status == 0, "exit status %d: %.1600s", result.status, result.err);
    json_t *report = json_loads(result.out, 0, NULL);
    ck_assert_msg(report != NULL, "not JSON: %.1600s", result.out);
    tt_program_result_free(&result);
    return report;
}

void tt_scene_history(struct tt_scene *scene, const char *name, const struct tt_history *history,
                      enum tt_history_style style)
{
    size_t bytes;
    char *text = tt_history_text(history, style, &scene->chance, &bytes);
    tt_file_write(scene->folder, name, text, bytes);
    free(text);
}

void tt_scene_equal(json_t *a, json_t *b, const char *what)
{
    if (!json_equal(a, b)) {
        char *first = json_dumps(a, JSON_INDENT(1)), *second = json_dumps(b, JSON_INDENT(1));
        size_t at = 0;
        while (first[at] == second[at])
            at++;
        at -= at < 400 ? at : 400;
        ck_abort_msg("%s changed what is found:\n%.900s\n---- and\n%.900s", what, first + at,
                     second + at);
    }
    json_decref(a);
    json_decref(b);
}
