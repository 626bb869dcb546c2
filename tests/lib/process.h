/* Programs under test: started, fed, waited for. Every child dies with the test. */
#ifndef TT_TESTS_LIB_PROCESS_H
#define TT_TESTS_LIB_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tt_run {
    int status; /* exit status, or 128 + signal */
    char *out;  /* stdout, NUL-terminated; owned */
    char *err;  /* stderr */
    size_t out_len;
};

/* Runs tasktrail with words behind it (NULL-terminated), stdin from the text (NULL: /dev/null);
 * `dir` to work in, or NULL. Ends the program and fails the test after `limit_s`. */
struct tt_run tt_tasktrail(const char *dir, const char *input, const char *const *words);
#define TT_TASKTRAIL(...) tt_tasktrail(NULL, NULL, (const char *const[]){__VA_ARGS__, NULL})
void tt_run_done(struct tt_run *run);

/* Starts a program whose output goes to `log`; `in` (or NULL) gets the writing end of its stdin. */
pid_t tt_start(const char *const *words, const char *log, int *ret_in);
pid_t tt_start_tasktrail(const char *log, int *ret_in, const char *const *words);
/* Sends the signal (0: none) and waits; exit status, or 128 + signal. */
int tt_finish(pid_t pid, int signal_number);

/* Forks `count` processes that begin `run` at the same time, and waits until all have ended well.
 */
void tt_at_once(int count, void (*run)(const void *context), const void *context);

/* Whether the text stands in the file, which need not be there yet. */
bool tt_file_says(const char *path, const char *text);

/* Asks again and again until it holds; fails the test after a minute. The wait between is no
 * synchronisation: what counts is the answer. */
#define TT_EVENTUALLY(condition)                                                                   \
    do {                                                                                           \
        int tt_tries = 0;                                                                          \
        while (!(condition)) {                                                                     \
            ck_assert_msg(tt_tries++ < 6000 || tt_give_up(), "never came true: %s", #condition);   \
            tt_pause();                                                                            \
        }                                                                                          \
    } while (0)
void tt_pause(void);

/* What a test tells, to stdout, before it gives up waiting; NULL: nothing. */
extern void (*tt_when_giving_up)(void);
/* Lets it tell; false. */
bool tt_give_up(void);
/* Where each thread of a process is, to stdout, where gdb can tell. */
void tt_print_stacks(pid_t pid);

#endif
