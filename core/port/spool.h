/* Where rows wait that are to be uploaded: files of lines, compressed (gzip), each under a name
 * that says what is in it. A file is there whole or not at all.
 *
 * Errors: NO_SPACE, DENIED, READ_ONLY, IO, NO_MEMORY; LIMIT (a line too long to be kept). Threads:
 * one. */
#ifndef TT_PORT_SPOOL_H
#define TT_PORT_SPOOL_H

#include "core/port/body.h"

struct tt_spool_file; /* one being written */

struct tt_spool {
    void *context;
    enum tt_err (*begin)(void *context, struct tt_spool_file **ret_file, struct tt_fault *fault);
    /* Any number of whole lines, each with its end. */
    enum tt_err (*write)(struct tt_spool_file *file, const char *lines, size_t len,
                         struct tt_fault *fault);
    /* Compressed so far; less than it will be by what compressing holds back, some 100 KB. */
    uint64_t (*bytes)(const struct tt_spool_file *file);
    /* Gives it the name (letters and digits), whatever had it before. Frees the file in any case.
     */
    enum tt_err (*end)(struct tt_spool_file *file, const char *name, uint64_t *ret_bytes,
                       struct tt_fault *fault);
    /* NULL is fine. */
    void (*abort)(struct tt_spool_file *file);
    /* NOT_FOUND: there is none. The body is valid until close; one at a time. */
    enum tt_err (*open)(void *context, const char *name, uint64_t rows, struct tt_body *ret_body,
                        struct tt_fault *fault);
    void (*close)(void *context);
    void (*remove)(void *context, const char *name);
    /* Removes files whose names begin so and that are older than an hour, but for those wanted. */
    void (*sweep)(void *context, const char *prefix,
                  bool (*wanted)(void *wanted_context, const char *name), void *wanted_context);
};

#endif
