/* A text through a decoder, line by line as `check` reads a file. What came out is kept as text, a
 * line each: events in canonical form, rejects as "! LINE: REASON". Used by tests and fuzzing; what
 * must hold for every input is checked on the way, by abort:
 *
 * - an event reads back from its canonical form as itself
 * - a reject has a reason, and a place within the file
 * - nothing is read outside of a line's bytes (each line lies in memory of exactly its size)
 */
#ifndef TT_TESTS_LIB_DECODING_H
#define TT_TESTS_LIB_DECODING_H

#include "core/model/decoder.h"

struct tt_decoding {
    struct tt_decoder *decoder;
    struct tt_buf out;
    struct tt_buf rejected; /* the text of the last reject */
    uint64_t line;          /* of the file in hand */
    unsigned events, rejects;
    enum tt_err err; /* the first that ended everything */
    struct tt_fault fault;
};

/* An option that does not fit is in err and fault. */
void tt_decoding_start(struct tt_decoding *decoding, const char *name,
                       const struct tt_decoder_options *options);
/* A whole file. After an error nothing is read any more. */
void tt_decoding_file(struct tt_decoding *decoding, struct tt_str text);
/* The end of all input. */
void tt_decoding_finish(struct tt_decoding *decoding);
void tt_decoding_done(struct tt_decoding *decoding);

/* All that a text as the one file gives; an error that ended it is the last line, "error: ...". The
 * text is owned by the caller, freed by free. */
char *tt_decoding_text(const char *name, const struct tt_decoder_options *options,
                       const char *text);

/* Decodes the text once for each allocation that it takes, that one failing. Gives the number of
 * times that this was told as NO_MEMORY; nothing else may come of it. */
unsigned tt_decoding_without_memory(const char *name, const struct tt_decoder_options *options,
                                    const char *text);

#endif
