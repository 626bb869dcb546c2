/* A folder with histories, and the program's word on them: what tests of properties share. */
#ifndef TT_TESTS_SCENE_H
#define TT_TESTS_SCENE_H

#include "tests/lib/history.h"
#include "tests/lib/program.h"

#include <jansson.h>

struct tt_scene {
    char folder[TT_FOLDER_MAX];
    struct tt_chance chance;
};

/* Makes the folder, with lifecycles in it; the seed of the name is printed. */
void tt_scene_begin(struct tt_scene *scene, const char *name);
/* Writes the history to a file of the folder. */
void tt_scene_history(struct tt_scene *scene, const char *name, const struct tt_history *history,
                      enum tt_history_style style);
/* The report, as JSON, of `check` with these files and options, which end with NULL. */
json_t *tt_scene_check(const struct tt_scene *scene, const char *const *more);
/* Fails unless both are equal. Both are released. */
void tt_scene_equal(json_t *a, json_t *b, const char *what);

#define CHECK(scene, ...) tt_scene_check(scene, (const char *const[]){__VA_ARGS__, NULL})
#define NOW               "--now", "2026-03-02T00:00:00Z"

#endif
