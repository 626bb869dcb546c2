/* tasktrail against the oracle, on random histories: the same records byte for byte, the same
 * summary. Hundreds of tasks share a file, so that one run of each program checks them all. Where
 * the two differ, the events are reduced to the fewest that still differ, and printed. */
#include "tests/lib/history.h"
#include "tests/lib/program.h"
#include "tests/lib/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 12, TASKS = 300, OPTIONS_MAX = 8, FILES_MAX = 12, ARGS_MAX = 32 };

/* What one comparison needs. Lines are borrowed; kept says which of them are used. */
struct trial {
    char folder[TT_FOLDER_MAX];
    const char *options[OPTIONS_MAX + 1]; /* ends with NULL */
    char **lines;
    bool *kept;
    size_t count;
    char files[FILES_MAX][12]; /* names; each has as many of the lines as the others */
    size_t file_count;
    const char *threads; /* of tasktrail */
};

static void run(const struct trial *trial, bool oracle, const char *format,
                struct tt_program_result *ret_result)
{
    const char *argv[ARGS_MAX + 1] = {oracle ? TT_ORACLE : TT_PROGRAM};
    size_t count = 1;
    if (!oracle) {
        argv[count++] = "check";
        argv[count++] = "--fail-on";
        argv[count++] = "never";
        argv[count++] = "--threads";
        argv[count++] = trial->threads;
    }
    argv[count++] = "--format";
    argv[count++] = format;
    for (size_t i = 0; trial->options[i] != NULL; i++)
        argv[count++] = trial->options[i];
    for (size_t f = 0; f < trial->file_count; f++)
        argv[count++] = trial->files[f];
    tt_program_run(trial->folder, argv, ret_result);
}

static void write_file(const struct trial *trial, size_t number)
{
    char *text = NULL;
    size_t bytes, end = trial->count * (number + 1) / trial->file_count;
    FILE *file = open_memstream(&text, &bytes);
    for (size_t i = trial->count * number / trial->file_count; i < end; i++)
        if (trial->kept[i])
            fprintf(file, "%s\n", trial->lines[i]);
    fclose(file);
    tt_file_write(trial->folder, trial->files[number], text, bytes);
    free(text);
}

/* Adds numbers of the same name, in objects too. */
static void add_numbers(json_t *sum, const json_t *numbers)
{
    const char *key;
    json_t *number;
    json_object_foreach((json_t *)(size_t)numbers, key, number)
    {
        json_t *sofar = json_object_get(sum, key);
        if (json_is_object(number) && sofar == NULL)
            json_object_set_new(sum, key, sofar = json_object());
        if (json_is_object(number))
            add_numbers(sofar, number);
        else
            json_object_set_new(
                sum, key, json_integer(json_integer_value(sofar) + json_integer_value(number)));
    }
}

/* Whether the two say the same of the kept lines; tells on stdout where not and asked to. Adds the
 * summary to the totals, where given. */
static bool agree(const struct trial *trial, bool tell, json_t *totals)
{
    struct tt_program_result ours, theirs, our_json, their_json;
    for (size_t f = 0; f < trial->file_count; f++)
        write_file(trial, f);
    run(trial, false, "ndjson", &ours);
    run(trial, true, "ndjson", &theirs);
    run(trial, false, "json", &our_json);
    run(trial, true, "json", &their_json);
    json_t *our_report = json_loads(our_json.out, JSON_REJECT_DUPLICATES, NULL);
    json_t *their_report = json_loads(their_json.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(theirs.status == 0 && their_report != NULL, "the oracle gave up: %.1600s",
                  theirs.err);
    bool same = ours.status == 0 && our_json.status == 0 && strcmp(ours.out, theirs.out) == 0 &&
                our_report != NULL && json_equal(our_report, their_report);
    if (tell && !same) {
        printf("tasktrail (exit status %d):\n%s%s\noracle:\n%s\n", ours.status, ours.out, ours.err,
               theirs.out);
        printf("tasktrail's summary:\n");
        json_dumpf(json_object_get(our_report, "summary"), stdout, JSON_SORT_KEYS);
        printf("\noracle's summary:\n");
        json_dumpf(json_object_get(their_report, "summary"), stdout, JSON_SORT_KEYS);
        printf("\n");
    }
    if (totals != NULL)
        add_numbers(totals, json_object_get(their_report, "summary"));
    json_decref(our_report);
    json_decref(their_report);
    tt_program_result_free(&ours);
    tt_program_result_free(&theirs);
    tt_program_result_free(&our_json);
    tt_program_result_free(&their_json);
    return same;
}

/* Leaves out ever smaller runs of lines, as long as the rest still differs. */
static void shrink(struct trial *trial)
{
    bool *saved = calloc(trial->count + 1, sizeof *saved);
    for (size_t step = trial->count / 2 + 1; step >= 1; step /= 2) {
        for (size_t from = 0; from < trial->count; from += step) {
            size_t length = trial->count - from < step ? trial->count - from : step, used = 0;
            for (size_t i = 0; i < length; i++) {
                saved[i] = trial->kept[from + i];
                used += saved[i];
                trial->kept[from + i] = false;
            }
            if (used == 0 || !agree(trial, false, NULL))
                continue;
            memcpy(trial->kept + from, saved, length * sizeof *saved);
        }
    }
    free(saved);
}

static void print_trial(const struct trial *trial, unsigned long long seed)
{
    size_t bytes;
    char *lifecycles = tt_folder_read(trial->folder, "lifecycles", &bytes);
    printf("TASKTRAIL_SEED=%llu, %zu files, %s threads, options:", seed, trial->file_count,
           trial->threads);
    for (size_t i = 0; trial->options[i] != NULL; i++)
        printf(" %s", trial->options[i]);
    printf("\n%s\nevents:\n", lifecycles);
    for (size_t i = 0; i < trial->count; i++)
        if (trial->kept[i])
            printf("%s\n", trial->lines[i]);
    free(lifecycles);
}

static void split_lines(char *text, struct trial *trial)
{
    char *rest = NULL;
    size_t room = 1;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        room++;
    trial->lines = calloc(room, sizeof *trial->lines);
    trial->kept = calloc(room, sizeof *trial->kept);
    trial->count = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        trial->kept[trial->count] = true;
        trial->lines[trial->count++] = line;
    }
}

static void choose_options(struct tt_chance *chance, struct trial *trial)
{
    static const char *const futures[] = {"0us", "5s", "2m", "1h"};
    size_t count = 0;
    if (!tt_chance_of(chance, 10)) {
        trial->options[count++] = "--lifecycle";
        trial->options[count++] = "lifecycles";
    }
    if (tt_chance_of(chance, 20)) {
        trial->options[count++] = "--ties";
        trial->options[count++] = tt_chance_of(chance, 80) ? "arrival" : "lifecycle";
    }
    if (tt_chance_of(chance, 60)) {
        trial->options[count++] = "--now";
        trial->options[count++] = "2026-03-02T00:00:00.5Z";
    }
    if (tt_chance_of(chance, 50)) {
        trial->options[count++] = "--max-future";
        trial->options[count++] = futures[tt_chance_below(chance, 4)];
    }
    trial->options[count] = NULL;
}

/* Several files and threads give several feeders, whose records are put together again. */
static void choose_files(struct tt_chance *chance, struct trial *trial)
{
    static const char *const threads[] = {"1", "2", "3", "5"};
    trial->file_count = tt_chance_of(chance, 40) ? 1 : 1 + tt_chance_below(chance, FILES_MAX);
    for (size_t f = 0; f < trial->file_count; f++)
        snprintf(trial->files[f], sizeof trial->files[f], "input%u", (unsigned)f);
    trial->threads = threads[tt_chance_below(chance, 4)];
}

/* Compares the two on the text, which is taken apart. */
static void compare(struct tt_chance *chance, char *text, unsigned long long seed, json_t *totals)
{
    struct trial trial;
    char *lifecycles = tt_history_lifecycles(chance);
    tt_folder_make(trial.folder);
    tt_file_write(trial.folder, "lifecycles", lifecycles, strlen(lifecycles));
    choose_options(chance, &trial);
    choose_files(chance, &trial);
    split_lines(text, &trial);
    bool same = agree(&trial, false, totals);
    if (!same) {
        shrink(&trial);
        print_trial(&trial, seed);
        agree(&trial, true, NULL);
    }
    tt_folder_remove(trial.folder);
    free(trial.lines);
    free(trial.kept);
    free(lifecycles);
    ck_assert_msg(same, "tasktrail and the oracle differ, see above");
}

/* A comparison is worth something only where there was something to find. */
static void expect_all(json_t *totals, const char *group, const char *const *names)
{
    json_t *numbers = group != NULL ? json_object_get(totals, group) : totals;
    for (; *names != NULL; names++)
        ck_assert_msg(json_integer_value(json_object_get(numbers, *names)) > 0,
                      "the histories held no %s", *names);
}

static const char *const VERDICTS[] = {"clean", "reordered", "clock_suspect", "violation", NULL};
static const char *const KINDS[] = {"late_arrival",
                                    "duplicate",
                                    "conflicting_duplicate",
                                    "ambiguous_order",
                                    "unknown_status",
                                    "missing_initial",
                                    "repeated_status",
                                    "after_terminal",
                                    "skipped_status",
                                    "lost_update",
                                    "illegal_transition",
                                    "clock_suspect",
                                    "sequence_gap",
                                    "stuck",
                                    "sequence_disorder",
                                    "future_timestamp",
                                    NULL};

TT_TEST(random_histories_are_read_as_the_oracle_reads_them)
{
    uint64_t seed = tt_chance_seed("replay_differential, histories");
    struct tt_chance chance = {seed};
    json_t *totals = json_object();
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t bytes;
        tt_history_make(&chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = round % 4 != 0},
                        &history);
        char *text = tt_history_text(&history, round % 2 == 0 ? TT_HISTORY_PLAIN : TT_HISTORY_ODD,
                                     &chance, &bytes);
        compare(&chance, text, seed, totals);
        free(text);
        tt_history_free(&history);
    }
    expect_all(totals, "verdicts", VERDICTS);
    expect_all(totals, "kinds", KINDS);
    json_decref(totals);
}
TT_END

/* Bytes that mean something to a parser, put where they do not belong. */
static void damage(struct tt_chance *chance, char *text, size_t bytes)
{
    static const char signs[] = "\"\\{}[]:,0123456789-+.eEuTZtfn \t\r/\x01\x1f\x7f\x80\xc0\xe2\xff";
    for (size_t at = tt_chance_below(chance, 60); at < bytes;
         at += 1 + tt_chance_below(chance, 500)) {
        size_t other = tt_chance_below(chance, (unsigned)bytes);
        if (text[at] == '\n' || text[other] == '\n')
            continue;
        text[at] = tt_chance_of(chance, 70)
                       ? signs[tt_chance_below(chance, (unsigned)(sizeof signs - 1))]
                       : text[other];
    }
}

TT_TEST(damaged_lines_are_rejected_where_the_oracle_rejects_them)
{
    uint64_t seed = tt_chance_seed("replay_differential, damage");
    struct tt_chance chance = {seed};
    json_t *totals = json_object();
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t bytes;
        tt_history_make(&chance, &(struct tt_history_options){.tasks = TASKS, .duplicates = true},
                        &history);
        char *text = tt_history_text(&history, TT_HISTORY_ODD, &chance, &bytes);
        damage(&chance, text, bytes);
        compare(&chance, text, seed, totals);
        free(text);
        tt_history_free(&history);
    }
    expect_all(totals, NULL, (const char *const[]){"events", "rejected", NULL});
    json_decref(totals);
}
TT_END

TT_SUITE_LIMIT("property/replay_differential", 500,
               random_histories_are_read_as_the_oracle_reads_them,
               damaged_lines_are_rejected_where_the_oracle_rejects_them)
