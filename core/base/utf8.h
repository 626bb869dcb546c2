/* Single characters of texts that may be no UTF-8: names of files, what the queue was given. */
#ifndef TT_BASE_UTF8_H
#define TT_BASE_UTF8_H

#include "core/base/buf.h"

/* Bytes of the well-formed character at `at`, which is below text.len; 0: there is none. */
size_t tt_utf8_width(struct tt_str text, size_t at);
/* Whether a well-formed character of `width` bytes drives a terminal or turns what follows it
 * round: C0, DEL, C1, line and paragraph separators, the marks and controls of writing direction.
 */
bool tt_utf8_is_control(const char *at, size_t width);
/* Columns of a terminal that a text takes where tt_utf8_is_control and what is no UTF-8 is told by
 * one sign each: two for the wide characters of East Asia and emoji, none for those that combine
 * with the one before. As the C library knows them; terminals differ in the rest. */
size_t tt_utf8_columns(struct tt_str text);
/* Adds the text, with U+FFFD for each byte that is not part of a well-formed character. */
void tt_utf8_add(struct tt_buf *buf, struct tt_str text);
/* The same as a JSON text, in quotes; absent as null. */
void tt_utf8_add_json(struct tt_buf *buf, struct tt_str text);

#endif
