/* What a file is, by its first bytes. Inside adapters/system only. Threads: any. */
#ifndef TT_ADAPTERS_SYSTEM_MAGIC_H
#define TT_ADAPTERS_SYSTEM_MAGIC_H

#include <stddef.h>

enum { TT_MAGIC_BYTES = 10 }; /* as many tell for certain */

enum tt_form {
    TT_FORM_UNKNOWN, /* more bytes are needed */
    TT_FORM_PLAIN,
    TT_FORM_GZIP,
    TT_FORM_ZSTD,
    TT_FORM_FOREIGN, /* known, and not read: xz, bzip2, zip, lz4, UTF-16 */
};

/* UNKNOWN only while len is below TT_MAGIC_BYTES and all of the bytes begin something. ret_name:
 * what it is called, static; NULL for PLAIN and UNKNOWN. */
enum tt_form tt_magic_form(const void *bytes, size_t len, const char **ret_name);

#endif
