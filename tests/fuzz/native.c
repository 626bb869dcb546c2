/* Native events, line by line: the fast reader against the thorough one, in every setting; and what
 * is written back reads the same. */
#include "core/base/limits.h"
#include "core/model/decode_native.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/readers.h"

static void check_line(struct tt_readers *readers, const char *text, size_t text_len, size_t len)
{
    const char *difference = tt_readers_compare(readers, text, text_len, len);
    if (difference != NULL)
        fprintf(stderr, "%s: %.*s\n", difference, (int)len, text);
    tt_fuzz_check(difference == NULL);
    if (!readers->accepted)
        return;
    struct tt_arena arena;
    struct tt_buf first, second;
    struct tt_event event;
    tt_arena_init(&arena, 0);
    tt_buf_init(&first, 0);
    tt_buf_init(&second, 0);
    tt_fuzz_check(tt_decode_native_thorough((struct tt_str){text, len}, TT_JSON_DEPTH_DEFAULT,
                                            &arena, &event, NULL) == TT_OK);
    tt_event_write_json(&first, &event);
    tt_fuzz_check(tt_decode_native_thorough(tt_buf_str(&first), TT_JSON_DEPTH_DEFAULT, &arena,
                                            &event, NULL) == TT_OK);
    tt_event_write_json(&second, &event);
    tt_fuzz_check(tt_str_equal(tt_buf_str(&first), tt_buf_str(&second)));
    tt_buf_done(&first);
    tt_buf_done(&second);
    tt_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tt_readers readers;
    const char *at = (const char *)data, *end = at + size;
    tt_readers_init(&readers);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline == NULL ? end : newline) - at);
        check_line(&readers, at, (size_t)(end - at), len);
        at += len + 1;
    }
    tt_readers_done(&readers);
    return 0;
}
