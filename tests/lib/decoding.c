#include "tests/lib/decoding.h"

#include "core/base/limits.h"
#include "core/model/decode_native.h"
#include <stdio.h>
#include <stdlib.h>

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static enum tt_err keep_event(void *context, const struct tt_event *event)
{
    struct tt_decoding *d = context;
    struct tt_arena arena;
    struct tt_buf again;
    struct tt_event read;
    size_t start = d->out.len;
    d->events++;
    tt_event_write_json(&d->out, event);
    if (d->out.err != TT_OK)
        return TT_ERR_NO_MEMORY; /* a test that makes allocations fail */
    tt_arena_init(&arena, 0);
    tt_buf_init(&again, 0);
    struct tt_str json = {d->out.data + start, d->out.len - start};
    enum tt_err err = tt_decode_native_thorough(json, TT_JSON_DEPTH_MAX, &arena, &read, &d->fault);
    if (err == TT_OK) {
        tt_event_write_json(&again, &read);
        must(again.err != TT_OK || tt_str_equal(json, tt_buf_str(&again)));
    } else {
        must(err == TT_ERR_NO_MEMORY);
    }
    tt_buf_done(&again);
    tt_arena_done(&arena);
    tt_buf_add_char(&d->out, '\n');
    return err;
}

static void keep_reject(struct tt_decoding *d, const char *reason, struct tt_str text,
                        uint64_t lines_before)
{
    must(reason[0] != '\0' && lines_before < d->line);
    d->rejects++;
    tt_buf_addf(&d->out, "! %llu: %s\n", (unsigned long long)(d->line - lines_before), reason);
    tt_buf_clear(&d->rejected);
    tt_buf_add_str(&d->rejected, text);
}

static enum tt_err take_reject(void *context, const struct tt_decoder_reject *reject)
{
    keep_reject(context, reject->reason, reject->text, reject->lines_before);
    return TT_OK;
}

static struct tt_decoder_sink sink_of(struct tt_decoding *d)
{
    return (struct tt_decoder_sink){d, keep_event, take_reject};
}

static void keep_error(struct tt_decoding *d, enum tt_err err, const struct tt_fault *fault)
{
    must(err == TT_ERR_INVALID || err == TT_ERR_NO_MEMORY);
    d->err = err;
    d->fault = *fault;
}

void tt_decoding_start(struct tt_decoding *d, const char *name,
                       const struct tt_decoder_options *options)
{
    struct tt_fault fault = {0};
    *d = (struct tt_decoding){0};
    tt_buf_init(&d->out, 0);
    tt_buf_init(&d->rejected, 0);
    enum tt_err err = tt_decoder_create(name, options, &d->decoder, &fault);
    if (err != TT_OK)
        keep_error(d, err, &fault);
}

static void give_line(struct tt_decoding *d, const char *at, size_t len)
{
    struct tt_fault fault = {0};
    struct tt_decoder_sink sink = sink_of(d);
    unsigned events = d->events, rejects = d->rejects;
    if (len > 0 && at[len - 1] == '\r')
        len--;
    char *line = malloc(len == 0 ? 1 : len);
    must(line != NULL);
    memcpy(line, at, len);
    d->line++;
    enum tt_err err = TT_OK;
    if (tt_decoder_wants_blank(d->decoder) || !tt_str_is_blank((struct tt_str){line, len}))
        err = tt_decoder_line(d->decoder, (struct tt_str){line, len}, &sink, &fault);
    if (err == TT_ERR_REJECT || err == TT_ERR_LIMIT) {
        must(d->events == events && d->rejects == rejects);
        keep_reject(d, fault.text, (struct tt_str){line, len}, 0);
    } else if (err != TT_OK) {
        keep_error(d, err, &fault);
    }
    free(line);
}

void tt_decoding_file(struct tt_decoding *d, struct tt_str text)
{
    const char *at = text.ptr, *end = at + text.len;
    struct tt_fault fault = {0};
    struct tt_decoder_sink sink = sink_of(d);
    if (d->err != TT_OK)
        return;
    d->line = 0;
    tt_decoder_file_start(d->decoder);
    while (at < end && d->err == TT_OK) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline == NULL ? end : newline) - at);
        give_line(d, at, len);
        at += len + 1;
    }
    if (d->err != TT_OK)
        return;
    enum tt_err err = tt_decoder_interrupt(d->decoder, &sink, &fault);
    if (err != TT_OK)
        keep_error(d, err, &fault);
}

void tt_decoding_finish(struct tt_decoding *d)
{
    struct tt_fault fault = {0};
    struct tt_decoder_sink sink = sink_of(d);
    if (d->err != TT_OK)
        return;
    enum tt_err err = tt_decoder_finish(d->decoder, &sink, &fault);
    if (err != TT_OK)
        keep_error(d, err, &fault);
}

void tt_decoding_done(struct tt_decoding *d)
{
    tt_decoder_destroy(d->decoder);
    tt_buf_done(&d->out);
    tt_buf_done(&d->rejected);
}

char *tt_decoding_text(const char *name, const struct tt_decoder_options *options, const char *text)
{
    struct tt_decoding d;
    tt_decoding_start(&d, name, options);
    tt_decoding_file(&d, tt_str_from(text));
    tt_decoding_finish(&d);
    if (d.err != TT_OK)
        tt_buf_addf(&d.out, "error: %s\n", d.fault.text);
    char *out = strdup(d.out.data == NULL ? "" : d.out.data);
    must(out != NULL);
    tt_decoding_done(&d);
    return out;
}

unsigned tt_decoding_without_memory(const char *name, const struct tt_decoder_options *options,
                                    const char *text)
{
    unsigned told = 0;
    for (long nth = 0;; nth++) {
        struct tt_decoding d;
        uint64_t before = tt_mem_count();
        tt_mem_fail_after(nth, false);
        tt_decoding_start(&d, name, options);
        tt_decoding_file(&d, tt_str_from(text));
        tt_decoding_finish(&d);
        tt_mem_fail_after(-1, false);
        bool was_whole = tt_mem_count() - before <= (uint64_t)nth;
        must(d.err == TT_OK || d.err == TT_ERR_NO_MEMORY);
        told += d.err != TT_OK;
        tt_decoding_done(&d);
        if (was_whole)
            return told;
    }
}
