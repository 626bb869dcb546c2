#include "core/model/decoder_parts.h"

#include "core/base/limits.h"
#include <stdio.h>

static const struct tt_decoder_kind *const kinds[] = {
    &tt_decoder_native,      &tt_decoder_dpkg, &tt_decoder_csv,
    &tt_decoder_cloudevents, &tt_decoder_osdu, &tt_decoder_log,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *const *tt_decoder_names(void)
{
    static const char *names[KINDS + 1];
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i]->name;
    return names;
}

enum tt_err tt_decoder_create(const char *name, const struct tt_decoder_options *options,
                              struct tt_decoder **ret_decoder, struct tt_fault *fault)
{
    const struct tt_decoder_kind *kind = NULL;
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            kind = kinds[i];
    if (kind == NULL)
        return tt_fault_set(fault, TT_ERR_INVALID, "unknown input format \"%.60s\"", name);
    struct tt_decoder *decoder = tt_mem_zalloc(sizeof *decoder);
    void *state = tt_mem_zalloc(kind->state_bytes);
    if (decoder == NULL || state == NULL) {
        tt_mem_free(decoder);
        tt_mem_free(state);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    decoder->kind = kind;
    decoder->options = *options;
    if (decoder->options.record_bytes_max == 0)
        decoder->options.record_bytes_max = TT_LINE_BYTES_DEFAULT;
    decoder->state = state;
    tt_arena_init(&decoder->arena, 0);
    enum tt_err err = kind->start == NULL ? TT_OK : kind->start(decoder, fault);
    if (err == TT_OK)
        *ret_decoder = decoder;
    else
        tt_decoder_destroy(decoder);
    return err;
}

void tt_decoder_destroy(struct tt_decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->kind->done != NULL)
        decoder->kind->done(decoder);
    tt_arena_done(&decoder->arena);
    tt_mem_free(decoder->state);
    tt_mem_free(decoder);
}

enum tt_err tt_decoder_line(struct tt_decoder *decoder, struct tt_str line,
                            const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    return decoder->kind->line(decoder, line, sink, fault);
}

const struct tt_event *tt_decoder_next(struct tt_decoder *decoder, const char *at, const char *end,
                                       const char **ret_next, bool *ret_in_place)
{
    return decoder->kind->next == NULL
               ? NULL
               : decoder->kind->next(decoder, at, end, ret_next, ret_in_place);
}

void tt_decoder_file_start(struct tt_decoder *decoder)
{
    if (decoder->kind->file_start != NULL)
        decoder->kind->file_start(decoder);
}

bool tt_decoder_wants_blank(const struct tt_decoder *decoder)
{
    return decoder->kind->wants_blank;
}

enum tt_err tt_decoder_interrupt(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                                 struct tt_fault *fault)
{
    return decoder->kind->interrupt == NULL ? TT_OK
                                            : decoder->kind->interrupt(decoder, sink, fault);
}

enum tt_err tt_decoder_finish(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                              struct tt_fault *fault)
{
    return decoder->kind->finish == NULL ? TT_OK : decoder->kind->finish(decoder, sink, fault);
}

bool tt_decoder_is_stateless(const struct tt_decoder *decoder)
{
    return decoder->kind->stateless;
}
