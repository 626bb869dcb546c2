/* What the targets of JSON messages share: the bytes as one file, and as two cut in the middle of
 * it, so that records that a file's end cuts off are met often. */
#ifndef TT_TESTS_FUZZ_MESSAGES_H
#define TT_TESTS_FUZZ_MESSAGES_H

#include "tests/fuzz/fuzz.h"
#include "tests/lib/decoding.h"

static inline void tt_fuzz_messages(const char *format, const uint8_t *data, size_t size)
{
    static const struct tt_decoder_options settings[] = {
        {.json_depth_max = 64}, {.json_depth_max = 4, .record_bytes_max = 64}};
    const struct tt_str text = {size == 0 ? "" : (const char *)data, size};
    for (size_t i = 0; i < 2; i++) {
        struct tt_decoding decoding;
        tt_decoding_start(&decoding, format, &settings[i]);
        if (i == 0) {
            tt_decoding_file(&decoding, text);
        } else {
            tt_decoding_file(&decoding, (struct tt_str){text.ptr, size / 2});
            tt_decoding_file(&decoding, (struct tt_str){text.ptr + size / 2, size - size / 2});
        }
        tt_decoding_finish(&decoding);
        tt_fuzz_check(decoding.err == TT_OK);
        tt_decoding_done(&decoding);
    }
}

#endif
