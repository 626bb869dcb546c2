/* Records that may span lines: lines are held until the format says that the record is whole.
 *
 * A record that turns out broken, that grows too long, or that the input's end cuts off, costs its
 * first line alone: that line is a reject, the lines behind it are read anew. So an opening quote
 * or bracket that nothing closes loses no event that stands behind it.
 *
 * Threads: one. Memory: bytes_max, and one line more.
 */
#ifndef TT_MODEL_RECORDS_H
#define TT_MODEL_RECORDS_H

#include "core/model/decoder_parts.h"

enum tt_span {
    TT_SPAN_WHOLE,  /* the record ends with this line */
    TT_SPAN_MORE,   /* it goes on */
    TT_SPAN_BROKEN, /* it cannot be one, whatever follows */
};

struct tt_records_kind {
    /* Looks at the next line of a record, `first` or a later one; keeps what it has to know in the
     * decoder's state. BROKEN sets the fault, REJECT with the reason. */
    enum tt_span (*look)(struct tt_decoder *decoder, struct tt_str line, bool first,
                         struct tt_fault *fault);
    /* A whole record, '\n' between its lines. Errors: as tt_decoder_line. */
    enum tt_err (*give)(struct tt_decoder *decoder, struct tt_str record,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault);
    const char *open; /* what is wrong with a record that does not end: "a quote is not closed" */
};

struct tt_records {
    const struct tt_records_kind *kind;
    struct tt_buf held;    /* lines, '\n' behind each; empty between records */
    uint64_t held_lines;   /* in `held` */
    uint64_t lines_before; /* valid in `give`: the record began so many lines before the newest */
};

void tt_records_init(struct tt_records *records, const struct tt_records_kind *kind);
void tt_records_done(struct tt_records *records);
/* Forgets what is held. */
void tt_records_clear(struct tt_records *records);

/* The next line, blank ones included. Errors: as tt_decoder_line. */
enum tt_err tt_records_line(struct tt_records *records, struct tt_decoder *decoder,
                            struct tt_str line, const struct tt_decoder_sink *sink,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* What is held is not completed any more. Errors: as tt_decoder_interrupt. */
enum tt_err tt_records_interrupt(struct tt_records *records, struct tt_decoder *decoder,
                                 const struct tt_decoder_sink *sink,
                                 struct tt_fault *fault) TT_MUST_CHECK;

#endif
