/* CSV as RFC 4180 has it: where a record ends, and its cells.
 *
 * A cell in quotes may hold delimiters, line breaks, and quotes written twice. A quote anywhere
 * else is an error: readers differ on what it means. The delimiter may be another than the comma.
 */
#ifndef TT_MODEL_CSV_H
#define TT_MODEL_CSV_H

#include "core/model/records.h"

struct tt_csv {
    char delimiter;
    bool in_quotes; /* at the end of the line before */
    size_t cell;    /* number of the cell in hand, from 1 */
};

/* "comma", one character, or "tab": not a letter, digit, quote or line end. Errors: INVALID. */
enum tt_err tt_csv_init(struct tt_csv *csv, const char *delimiter,
                        struct tt_fault *fault) TT_MUST_CHECK;

/* As `look` of struct tt_records_kind. */
enum tt_span tt_csv_look(struct tt_csv *csv, struct tt_str line, bool first,
                         struct tt_fault *fault) TT_MUST_CHECK;

/* The next cell of a record that look has called whole: start with *rest the record and the last
 * call's result true; false when there is no further one. Cells borrow from the record, or from the
 * arena where quotes were written twice. Errors: ret_cell->ptr is NULL when out of memory. */
bool tt_csv_next(const struct tt_csv *csv, struct tt_str *rest, struct tt_arena *arena,
                 struct tt_str *ret_cell) TT_MUST_CHECK;

#endif
