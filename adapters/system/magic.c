#include "adapters/system/magic.h"

/* mask: the bits that count, NULL: all. zstd: a frame, or one to be passed over, with which writers
 * that compress in parallel begin (RFC 8878). bzip2 is told by more bytes than its first four, as
 * those may be text. */
static const struct magic {
    enum tt_form form;
    const char *name, *bytes, *mask;
    size_t len;
} magics[] = {
    {TT_FORM_GZIP, "gzip", "\x1f\x8b", NULL, 2},
    {TT_FORM_ZSTD, "zstd", "\x28\xb5\x2f\xfd", NULL, 4},
    {TT_FORM_ZSTD, "zstd", "\x50\x2a\x4d\x18", "\xf0\xff\xff\xff", 4},
    {TT_FORM_FOREIGN, "xz", "\xfd\x37\x7a\x58\x5a", NULL, 5},
    {TT_FORM_FOREIGN, "bzip2", "BZh91AY&SY", "\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff", 10},
    {TT_FORM_FOREIGN, "zip", "PK\x03\x04", NULL, 4},
    {TT_FORM_FOREIGN, "lz4", "\x04\x22\x4d\x18", NULL, 4},
    {TT_FORM_FOREIGN, "UTF-16", "\xff\xfe", NULL, 2},
    {TT_FORM_FOREIGN, "UTF-16", "\xfe\xff", NULL, 2},
};

enum tt_form tt_magic_form(const void *bytes, size_t len, const char **ret_name)
{
    const unsigned char *at = bytes;
    enum tt_form form = TT_FORM_PLAIN;
    *ret_name = NULL;
    for (size_t m = 0; m < sizeof magics / sizeof *magics; m++) {
        const struct magic *magic = &magics[m];
        size_t i = 0;
        while (i < len && i < magic->len &&
               ((at[i] ^ (unsigned char)magic->bytes[i]) &
                (magic->mask == NULL ? 0xff : (unsigned char)magic->mask[i])) == 0)
            i++;
        if (i == magic->len) {
            *ret_name = magic->name;
            return magic->form;
        }
        if (i == len)
            form = TT_FORM_UNKNOWN;
    }
    return form;
}
