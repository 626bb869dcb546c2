/* A store and the folder that its rows are uploaded to. */
#ifndef TT_TESTS_UPLOAD_SCENE_H
#define TT_TESTS_UPLOAD_SCENE_H

#include "tests/lib/program.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>

static char path[200], store[220], dir[200], to[220];

/* A store with so many rows of some tasks; every tenth task has a status twice. */
static inline void set_up(const char *name, int rows)
{
    char file[60];
    snprintf(file, sizeof file, "%s.db", name);
    snprintf(path, sizeof path, "%s", tt_tmpfile(file));
    snprintf(store, sizeof store, "sqlite:%s", path);
    snprintf(dir, sizeof dir, "%s", tt_tmpfile(name));
    snprintf(to, sizeof to, "file:%s", dir);
    struct tt_store port = tt_test_store_open(path);
    struct tt_audit_row *audit = calloc((size_t)rows, sizeof *audit);
    char(*ids)[24] = calloc((size_t)rows, sizeof *ids);
    for (int i = 0; i < rows; i++) {
        struct tt_event event = tt_test_event(i % 2 ? "DONE" : "BEGUN", 1772366400000000 + i);
        snprintf(ids[i], sizeof ids[i], "task-%d", i / 2);
        event.task_id = tt_str_from(ids[i]);
        event.task_type = i % 20 < 2 ? TT_STR("SECRET") : TT_STR("JOB");
        audit[i] = tt_test_row(&event, i + 1, 0);
    }
    const struct tt_store_changes changes = {.audit = audit, .audit_count = (size_t)rows};
    tt_test_write(&port, &changes);
    tt_sqlite_store_done(&port);
    free(audit);
    free(ids);
}

/* What a shell says of the folder. */
static inline long long count(const char *shell)
{
    char command[600];
    struct tt_program_result result;
    snprintf(command, sizeof command, "cd %s && %s", dir, shell);
    const char *const words[] = {"/bin/sh", "-c", command, NULL};
    tt_program_run(NULL, words, &result);
    long long number = strtoll(result.out, NULL, 10);
    tt_program_result_free(&result);
    return number;
}

#endif
