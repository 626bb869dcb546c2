/* Lines of dpkg's log. Whatever event comes out reads back from its canonical form. */
#include "core/base/limits.h"
#include "core/model/decode_native.h"
#include "core/model/decoder.h"
#include "tests/fuzz/fuzz.h"

static enum tt_err check_event(void *context, const struct tt_event *event)
{
    struct tt_buf json, again;
    struct tt_arena arena;
    struct tt_event read;
    (*(unsigned *)context)++;
    tt_buf_init(&json, 0);
    tt_buf_init(&again, 0);
    tt_arena_init(&arena, 0);
    tt_event_write_json(&json, event);
    tt_fuzz_check(tt_decode_native_thorough(tt_buf_str(&json), TT_JSON_DEPTH_DEFAULT, &arena, &read,
                                            NULL) == TT_OK);
    tt_event_write_json(&again, &read);
    tt_fuzz_check(tt_str_equal(tt_buf_str(&json), tt_buf_str(&again)));
    tt_buf_done(&json);
    tt_buf_done(&again);
    tt_arena_done(&arena);
    return TT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT,
                                               .zone = "UTC"};
    struct tt_decoder *decoder = NULL;
    unsigned events = 0;
    const struct tt_decoder_sink sink = {.context = &events, .event = check_event};
    const char *at = (const char *)data, *end = at + size;
    tt_fuzz_check(tt_decoder_create("dpkg", &options, &decoder, NULL) == TT_OK);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline == NULL ? end : newline) - at);
        char *line = malloc(len == 0 ? 1 : len); /* exactly, so that reading on is seen */
        tt_fuzz_check(line != NULL);
        memcpy(line, at, len);
        struct tt_fault fault = {0};
        unsigned before = events;
        enum tt_err err = tt_decoder_line(decoder, (struct tt_str){line, len}, &sink, &fault);
        tt_fuzz_check(err == TT_OK || (err == TT_ERR_REJECT && fault.text[0] != '\0'));
        tt_fuzz_check(events - before <= (err == TT_OK));
        free(line);
        at += len + 1;
    }
    tt_fuzz_check(tt_decoder_finish(decoder, &sink, NULL) == TT_OK);
    tt_decoder_destroy(decoder);
    return 0;
}
