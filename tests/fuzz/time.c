/* Times, durations and sizes. A time that is read is written, and reads back as itself. */
#include "core/base/time.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tt_str text = {(const char *)data, size};
    int64_t us = 0, again = 0;
    uint64_t bytes = 0;
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    if (size > 0 && tt_time_parse(text, &us)) {
        char written[TT_TIME_TEXT_BYTES];
        tt_fuzz_check(tt_time_in_range(us));
        tt_time_format(us, written);
        tt_fuzz_check(tt_time_parse(tt_str_from(written), &again) && again == us);
        tt_fuzz_check(tt_time_parse_flag(text, &again) && again == us);
        tt_fuzz_check(tt_time_parse_printed(text, &again) && again == us);
    } else if (size > 0 && tt_time_parse_printed(text, &us)) {
        tt_fuzz_check(tt_time_in_range(us));
    } else if (size > 0 && tt_time_parse_flag(text, &us)) {
        tt_fuzz_check(tt_time_in_range(us));
    }
    if (size > 0 && tt_duration_parse(text, &us)) {
        tt_fuzz_check(us >= 0);
        tt_buf_add_duration(&buf, us);
        tt_fuzz_check(buf.err == TT_OK && buf.len > 0);
    }
    (void)!(size > 0 && tt_size_parse(text, &bytes));
    tt_buf_done(&buf);
    return 0;
}
