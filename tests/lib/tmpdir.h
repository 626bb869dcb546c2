/* A folder of the test's own, removed when the test process ends, however it ends inside the test.
 */
#ifndef TT_TESTS_LIB_TMPDIR_H
#define TT_TESTS_LIB_TMPDIR_H

#include <stddef.h>

/* The folder; made at the first call of the process. */
const char *tt_tmpdir(void);
/* "TMPDIR/name", in one of a few rotating buffers. */
const char *tt_tmpfile(const char *name);
void tt_write_file(const char *path, const char *bytes, size_t len);
/* The whole file as text, NUL-terminated; the caller frees. NULL when it is not there. */
char *tt_read_file(const char *path, size_t *ret_len);

#endif
