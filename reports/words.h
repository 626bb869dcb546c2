/* Words for people: one sentence per kind, and text made safe for a terminal. */
#ifndef TT_REPORTS_WORDS_H
#define TT_REPORTS_WORDS_H

#include "reports/render.h"

/* One sentence: what a discrepancy of this kind means. */
const char *tt_kind_meaning(enum tt_kind kind);
/* Adds text for a terminal: control characters, escape sequences and bytes that are no UTF-8 become
 * '?', at most `columns` of a terminal (0: all), with "..." where it was cut. Returns the columns
 * used. */
size_t tt_words_add(struct tt_buf *buf, struct tt_str text, size_t columns);
/* "1,234,567" */
void tt_words_add_count(struct tt_buf *buf, uint64_t count);
/* "1 task", "2 tasks" */
void tt_words_add_counted(struct tt_buf *buf, uint64_t count, const char *one, const char *many);
/* One sentence that says how the whole is: "2 of 12 tasks are not clean: ..." */
void tt_words_add_verdict(struct tt_buf *buf, const struct tt_report *report);
/* "late_arrival, lost_update": the kinds of a bit set. */
void tt_words_add_kinds(struct tt_buf *buf, uint32_t kinds);
/* The upper bound of a bucket of lateness: "< 10 s". */
const char *tt_lateness_words(int bucket);
/* Text as one word of a shell's command line, quoted where it has to be. */
void tt_words_add_quoted(struct tt_buf *buf, struct tt_str text);
/* The command line that shows the task in full; show_task is not NULL. */
void tt_words_add_command(struct tt_buf *buf, const struct tt_render_options *options,
                          const struct tt_report_task *task);
/* Words that may be broken at spaces, from the column where the buffer's last line stands to the
 * width; lines after the first are indented. */
void tt_words_wrap(struct tt_buf *buf, struct tt_str words, size_t indent, size_t width);
/* "12.3 %" */
void tt_words_add_share(struct tt_buf *buf, uint64_t part, uint64_t whole);
/* Why there are more violations than tasks that are not legal either way; nothing where there are
 * not. */
void tt_words_add_overruled(struct tt_buf *buf, const struct tt_summary *summary);

#endif
