/* CSV files. The first byte picks the options; 0x1c begins another file, with a header of its own.
 * Each line gives one event or one reject at most, and nothing is lost: a line that is no part of a
 * longer record, no header and not blank gives one of the two. */
#include "core/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/decoding.h"

enum { NEXT_FILE = 0x1c };

static unsigned lines_of(struct tt_str text)
{
    unsigned lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const delimiters[] = {NULL, ";", "tab", "|"};
    struct tt_decoding decoding;
    uint8_t pick = size == 0 ? 0 : *data;
    const struct tt_decoder_options options = {
        .json_depth_max = TT_JSON_DEPTH_DEFAULT,
        .map = (pick & 1) != 0 ? "task_id=a,status=b,event_time=c,seq=d" : NULL,
        .delimiter = delimiters[pick >> 1 & 3],
        .record_bytes_max = (pick & 8) != 0 ? 48 : 0,
    };
    const char *at = (const char *)data + (size > 0), *end = (const char *)data + size;
    tt_decoding_start(&decoding, "csv", &options);
    while (at < end) {
        const char *next = memchr(at, NEXT_FILE, (size_t)(end - at));
        struct tt_str text = {at, (size_t)((next == NULL ? end : next) - at)};
        unsigned before = decoding.events + decoding.rejects;
        tt_decoding_file(&decoding, text);
        tt_fuzz_check(decoding.events + decoding.rejects - before <= lines_of(text));
        at = next == NULL ? end : next + 1;
    }
    tt_decoding_finish(&decoding);
    tt_decoding_done(&decoding);
    return 0;
}
