/* UUIDs: 128 bits as 36 characters, hexadecimal digits in groups of 8, 4, 4, 4 and 12 with '-'
 * between them (RFC 9562), whatever their version. Only in small letters, as the RFC writes them.
 * So a number and its text are one to one. */
#ifndef TT_REPLAY_UUID_H
#define TT_REPLAY_UUID_H

#include "core/base/str.h"

enum { TT_UUID_CHARS = 36, TT_UUID_BYTES = 16 };

/* False: no UUID, and what was written to TT_UUID_BYTES means nothing. By SSE4.1 where the machine
 * has it. */
bool tt_uuid_read(struct tt_str text, char *to);
/* The same, whatever the machine. */
bool tt_uuid_read_portable(struct tt_str text, char *to);
/* Writes TT_UUID_CHARS characters. */
void tt_uuid_write(const char *bytes, char *to);

#endif
