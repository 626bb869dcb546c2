/* Inside of decoders: one table of functions per format. decoder.c lists them. */
#ifndef TT_MODEL_DECODER_PARTS_H
#define TT_MODEL_DECODER_PARTS_H

#include "core/base/mem.h"
#include "core/model/decoder.h"

struct tt_decoder_kind {
    const char *name;
    bool stateless;
    bool wants_blank;
    size_t state_bytes; /* zeroed memory handed to the functions */
    /* All but `line` may be NULL. */
    enum tt_err (*start)(struct tt_decoder *decoder, struct tt_fault *fault);
    enum tt_err (*line)(struct tt_decoder *decoder, struct tt_str line,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault);
    const struct tt_event *(*next)(struct tt_decoder *decoder, const char *at, const char *end,
                                   const char **ret_next, bool *ret_in_place);
    void (*file_start)(struct tt_decoder *decoder);
    enum tt_err (*interrupt)(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                             struct tt_fault *fault);
    enum tt_err (*finish)(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                          struct tt_fault *fault);
    void (*done)(struct tt_decoder *decoder);
};

struct tt_decoder {
    const struct tt_decoder_kind *kind;
    struct tt_decoder_options options;
    struct tt_arena arena; /* texts of the line in hand; reset per line */
    void *state;
};

extern const struct tt_decoder_kind tt_decoder_native, tt_decoder_dpkg, tt_decoder_csv,
    tt_decoder_cloudevents, tt_decoder_osdu, tt_decoder_log;

#endif
