/* Short forms of statuses, for columns that are narrow: each word loses its end
 * ("Accepted/In Progress" becomes "Acce/In Prog"), different names stay different, and what was
 * shortened can be told below. Threads: one. */
#ifndef TT_REPORTS_SHORT_NAMES_H
#define TT_REPORTS_SHORT_NAMES_H

#include "core/base/buf.h"

enum { TT_SHORT_COLUMNS_MAX = 32, TT_SHORT_NAMES_MAX = 64 };

struct tt_short_name {
    struct tt_str full; /* borrowed */
    size_t columns;     /* of a terminal, that the short form takes */
    char text[4 * TT_SHORT_COLUMNS_MAX + 1];
};

struct tt_short_names {
    size_t columns; /* the most a short form has: 4 to TT_SHORT_COLUMNS_MAX; set before first use */
    size_t count;
    struct tt_short_name list[TT_SHORT_NAMES_MAX]; /* in order of first use */
};

/* The name's form, safe for a terminal, the same at each call. Beyond TT_SHORT_NAMES_MAX names it
 * is no longer remembered, and may be like another's. */
struct tt_short_name tt_short_names_get(struct tt_short_names *names, struct tt_str full);
/* Whether the form lost something. */
bool tt_short_name_lost(const struct tt_short_name *name);

/* Columns of a terminal that a text takes: see tt_utf8_columns. */
size_t tt_columns(struct tt_str text);

#endif
