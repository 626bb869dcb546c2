/* Errors: one enum for every function that can fail, and the story that goes with it.
 *
 * Each code has a class. Behaviour (retry, give up, dead-letter, exit status) follows the class,
 * never the text. The text is for people: what failed, where, what was expected.
 *
 * Threads: any; a fault belongs to its caller. Memory: fixed size, nothing to free.
 */
#ifndef TT_BASE_ERR_H
#define TT_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* What to do about an error of this class:
 * NONE   nothing failed
 * RETRY  transient: the same call may succeed later
 * REFUSE the caller's input (a flag, a file, a setting) is wrong: repeating changes nothing
 * POISON this one event can never succeed: set it aside, go on with the rest
 * FENCED somebody else holds what we thought was ours: stop writing, start over
 * FATAL  the process cannot go on */
enum tt_class {
    TT_CLASS_NONE,
    TT_CLASS_RETRY,
    TT_CLASS_REFUSE,
    TT_CLASS_POISON,
    TT_CLASS_FENCED,
    TT_CLASS_FATAL
};

#define TT_ERRORS(X)                                                                               \
    X(OK, "ok", NONE)                                                                              \
    X(INVALID, "invalid", REFUSE)         /* a flag, setting or file content is wrong */           \
    X(NOT_FOUND, "not_found", REFUSE)     /* no such file, task, table */                          \
    X(DENIED, "denied", REFUSE)           /* permission or credentials refused */                  \
    X(UNSUPPORTED, "unsupported", REFUSE) /* understood, but not in this build or version */       \
    X(REJECT, "reject", POISON)           /* this event does not parse or breaks a rule */         \
    X(LIMIT, "limit", POISON)             /* a documented bound was exceeded */                    \
    X(UNAVAILABLE, "unavailable", RETRY)  /* a server is away, loading, or failing over */         \
    X(BUSY, "busy", RETRY)                /* locked by somebody else for the moment */             \
    X(NO_SPACE, "no_space", RETRY)        /* disk or server memory full */                         \
    X(FENCED, "fenced", FENCED)           /* the store knows a newer fencing token */              \
    X(IO, "io", FATAL)                    /* reading or writing failed */                          \
    X(READ_ONLY, "read_only", FATAL)      /* the store may not be written */                       \
    X(CORRUPT, "corrupt", FATAL)          /* stored data is not what was written */                \
    X(NO_MEMORY, "no_memory", FATAL)                                                               \
    X(STOPPED, "stopped", NONE) /* asked to stop; not a failure */

enum tt_err {
#define TT_ERR_ENUM(name, text, class) TT_ERR_##name,
    TT_ERRORS(TT_ERR_ENUM)
#undef TT_ERR_ENUM
};
#define TT_OK TT_ERR_OK

#define TT_MUST_CHECK        __attribute__((warn_unused_result))
#define TT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum { TT_FAULT_TEXT_BYTES = 512 };

/* The story of one failure. Zero-initialise; the first tt_fault_set wins, later context goes in
 * front with tt_fault_prefix. Where a `struct tt_fault *` parameter is NULL the story is dropped.
 */
struct tt_fault {
    enum tt_err code;
    int os_errno; /* errno at the failure, 0 where none applies */
    char text[TT_FAULT_TEXT_BYTES];
};

/* Wire name of a code ("no_space"), never NULL. */
const char *tt_err_name(enum tt_err code);
enum tt_class tt_err_class(enum tt_err code);

/* Fills the fault (unless it already tells of an earlier failure) and returns code, so that
 * `return tt_fault_set(fault, TT_ERR_IO, "...")` reads well. Overlong text is cut. What was quoted
 * from input cannot spoil the text: it is one line of UTF-8, with '?' for any other byte. */
enum tt_err tt_fault_set(struct tt_fault *fault, enum tt_err code, const char *fmt, ...)
    TT_PRINTF(3, 4);

/* As tt_fault_set, and appends ": " and strerror(os_errno). */
enum tt_err tt_fault_errno(struct tt_fault *fault, enum tt_err code, int os_errno, const char *fmt,
                           ...) TT_PRINTF(4, 5);

/* Puts context in front: "store: insert: disk full". Returns the fault's code. */
enum tt_err tt_fault_prefix(struct tt_fault *fault, const char *fmt, ...) TT_PRINTF(2, 3);

/* Empties the fault for reuse. */
void tt_fault_clear(struct tt_fault *fault);

#endif
