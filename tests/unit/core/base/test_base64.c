/* The examples of RFC 4648, section 10, and the letters in which the two forms differ. */
#include "core/base/base64.h"
#include "tests/lib/suite.h"

#include <string.h>

TT_TEST(bytes_become_the_text_that_the_rfc_says)
{
    static const struct {
        const char *bytes, *padded, *url;
    } cases[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_buf padded, url;
        tt_buf_init(&padded, 0);
        tt_buf_init(&url, 0);
        tt_base64_add(&padded, cases[i].bytes, strlen(cases[i].bytes), TT_BASE64);
        tt_base64_add(&url, cases[i].bytes, strlen(cases[i].bytes), TT_BASE64URL);
        ck_assert(tt_str_equal(tt_buf_str(&padded), tt_str_from(cases[i].padded)));
        ck_assert(tt_str_equal(tt_buf_str(&url), tt_str_from(cases[i].url)));
        tt_buf_done(&padded);
        tt_buf_done(&url);
    }
}
TT_END

TT_SUITE("core/base/base64", bytes_become_the_text_that_the_rfc_says)
