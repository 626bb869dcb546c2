/* The content of a JSON value as one text that does not depend on how it was written, and the same
 * in GoogleSQL: for digests of columns that a service may write as it likes. BigQuery promises
 * texts, true, false and null as they are and arrays in their order; it keeps no white space, no
 * order of an object's members and not the form of a number.
 *
 * The text is a list of parts in order of their bytes, 0x1e between them. A part is what a member
 * or an element has: of a member first the key and 0x1d; then
 *   "TEXT        a text, unescaped
 *   true false null
 *   DIGITS       an integer of 16 to 20 digits
 *   %.16e        any other number, as a double; zero has no sign
 *   { or [       an object or an array has begun; what is in it are parts of their own
 * So it tells every key with its value, every element, and how many objects and arrays there are
 * under which key. Not told: which of several objects a member is in, and the order of elements. */
#ifndef TT_UPLOAD_JSON_PARTS_H
#define TT_UPLOAD_JSON_PARTS_H

#include "core/base/buf.h"
#include "core/base/json.h"

/* Appends the text. Errors: NO_MEMORY. */
enum tt_err tt_json_parts_write(struct tt_buf *text, const struct tt_json *value) TT_MUST_CHECK;
/* Appends an expression (STRING) of a column of type JSON that is not null. */
void tt_json_parts_sql(struct tt_buf *sql, const char *column);

#endif
