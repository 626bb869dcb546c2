/* JSON: a strict reader, and a writer that makes one line.
 *
 * The reader refuses what RFC 8259 leaves open: it wants UTF-8, no key given twice at any depth, no
 * U+0000 and no lone surrogate in text, integers in signed 64 bits, reals in a double, a bounded
 * nesting. The library behind it (jansson) is seen nowhere else.
 *
 * Ownership: tt_json_parse returns an owned tree, freed by tt_json_free; everything reached from it
 * is borrowed. Threads: a tree belongs to one thread at a time.
 */
#ifndef TT_BASE_JSON_H
#define TT_BASE_JSON_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

struct tt_json; /* one value of a parsed text */

enum tt_json_type {
    TT_JSON_NULL,
    TT_JSON_BOOL,
    TT_JSON_INT,
    TT_JSON_REAL,
    TT_JSON_TEXT,
    TT_JSON_ARRAY,
    TT_JSON_OBJECT,
};

/* Parses one whole text; anything but white space behind it is an error. depth_max counts the root
 * as level 1. Errors: REJECT (fault says why and at which byte column), NO_MEMORY. */
enum tt_err tt_json_parse(struct tt_str text, int depth_max, struct tt_json **ret_json,
                          struct tt_fault *fault) TT_MUST_CHECK;
void tt_json_free(struct tt_json *json);

enum tt_json_type tt_json_type(const struct tt_json *json);
const char *tt_json_type_name(enum tt_json_type type); /* "text", "an integer", ... for messages */
bool tt_json_bool(const struct tt_json *json);
int64_t tt_json_int(const struct tt_json *json);
double tt_json_real(const struct tt_json *json); /* of an integer too */
struct tt_str tt_json_text(const struct tt_json *json);
size_t tt_json_count(const struct tt_json *json); /* elements of an array, keys of an object */
const struct tt_json *tt_json_at(const struct tt_json *array, size_t index);
const struct tt_json *tt_json_get(const struct tt_json *object, const char *key); /* NULL: absent */

/* Walks an object in the order of its text. Start with *iter = NULL. */
bool tt_json_next(const struct tt_json *object, void **iter, struct tt_str *ret_key,
                  const struct tt_json **ret_value);

/* Writes a value in compact form: keys in the order they were read, reals with the fewest digits
 * that read back the same. */
void tt_json_write(struct tt_buf *buf, const struct tt_json *json);

/* Writer pieces: text is escaped with the shortest legal form, non-ASCII kept as it is. */
void tt_json_add_text(struct tt_buf *buf, struct tt_str text); /* absent writes null */
void tt_json_add_real(struct tt_buf *buf, double value);
/* Adds "key": with a comma in front unless the buffer ends in '{' or '['. */
void tt_json_add_key(struct tt_buf *buf, const char *key);

#endif
