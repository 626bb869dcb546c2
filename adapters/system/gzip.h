/* Writing gzip (RFC 1952), quickly rather than small: by ISA-L where the build found it
 * (gzip_isal.c), else by zlib (gzip_zlib.c). What comes out inflates to the same bytes and is not
 * the same bytes. Inside adapters/system only. Threads: one per stream. */
#ifndef TT_ADAPTERS_SYSTEM_GZIP_H
#define TT_ADAPTERS_SYSTEM_GZIP_H

#include "core/base/err.h"
#include <stddef.h>

struct tt_gzip;

/* What is still to be taken and where there is room; both borrowed. */
struct tt_gzip_io {
    const unsigned char *in;
    size_t in_len;
    unsigned char *out;
    size_t out_len;
};

/* Errors: NO_MEMORY. Owned until destroy. */
enum tt_err tt_gzip_create(struct tt_gzip **ret_gzip) TT_MUST_CHECK;
void tt_gzip_destroy(struct tt_gzip *gzip); /* NULL is fine */

/* Goes on until the input is taken or the room is used up, and moves both. last: nothing comes
 * behind this input. True: the stream has ended. */
bool tt_gzip_step(struct tt_gzip *gzip, struct tt_gzip_io *io, bool last);

#endif
