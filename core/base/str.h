/* Text views: a pointer and a length, not owned, not NUL-terminated. */
#ifndef TT_BASE_STR_H
#define TT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ptr == NULL means absent; an empty text has a non-NULL ptr and len 0. */
struct tt_str {
    const char *ptr;
    size_t len;
};

#define TT_STR(literal)   ((struct tt_str){(literal), sizeof(literal) - 1})
#define TT_STR_NONE       ((struct tt_str){NULL, 0})
/* For printf("%.*s"): TT_STR_ARGS(view). */
#define TT_STR_ARGS(view) (int)((view).len), ((view).ptr == NULL ? "" : (view).ptr)

struct tt_str tt_str_from(const char *text);         /* NULL gives absent */
bool tt_str_equal(struct tt_str a, struct tt_str b); /* absent equals absent alone */
/* Nothing but spaces, tabs and carriage returns, or nothing. */
bool tt_str_is_blank(struct tt_str text);
/* Decimal digits, perhaps with '-' in front, within int64_t; else false, *ret_value untouched. */
bool tt_str_to_int(struct tt_str text, int64_t *ret_value);
/* Bytewise order; absent sorts before everything. */
int tt_str_compare(struct tt_str a, struct tt_str b);
/* 64-bit hash, the same in every process and build; not cryptographic. */
uint64_t tt_str_hash(struct tt_str text, uint64_t seed);
/* Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7). */
bool tt_str_is_utf8(struct tt_str text);

#endif
