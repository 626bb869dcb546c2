/* Bytes of a file, decompressed where it is gzip (any number of members) or zstd (any number of
 * frames). Threads: one. */
#ifndef TT_ADAPTERS_SYSTEM_INFLATE_H
#define TT_ADAPTERS_SYSTEM_INFLATE_H

#include "core/base/err.h"
#include <stddef.h>
#include <stdint.h>

struct tt_inflate;

/* path "-" is stdin. Errors: as tt_lines_open. Returns owned. */
enum tt_err tt_inflate_open(const char *path, struct tt_inflate **ret_source,
                            struct tt_fault *fault) TT_MUST_CHECK;
void tt_inflate_close(struct tt_inflate *source);
/* Waits for at least one byte; *ret_got 0 at the end. Errors: IO, NO_MEMORY, STOPPED. */
enum tt_err tt_inflate_read(struct tt_inflate *source, char *bytes, size_t size, size_t *ret_got,
                            struct tt_fault *fault) TT_MUST_CHECK;
bool tt_inflate_would_block(const struct tt_inflate *source);
void tt_inflate_stop_with(struct tt_inflate *source, const volatile int *stop);
uint64_t tt_inflate_bytes(const struct tt_inflate *source);

#endif
