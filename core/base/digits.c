#include "core/base/digits.h"

const char tt_digits_pairs[201] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

char *tt_digits_put_uint(char at[static TT_DIGITS_MAX], uint64_t value)
{
    char digits[TT_DIGITS_MAX];
    char *first = digits + sizeof digits;
    for (; value >= 100; value /= 100)
        memcpy(first -= 2, tt_digits_pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(first -= 2, tt_digits_pairs + 2 * value, 2);
    else
        *--first = (char)('0' + value);
    size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, len);
    return at + len;
}

char *tt_digits_put_int(char at[static TT_DIGITS_MAX], int64_t value)
{
    if (value >= 0)
        return tt_digits_put_uint(at, (uint64_t)value);
    char digits[TT_DIGITS_MAX]; /* 19 of them at most, but the callee may want room for 20 */
    size_t len = (size_t)(tt_digits_put_uint(digits, 0 - (uint64_t)value) - digits);
    *at++ = '-';
    memcpy(at, digits, len);
    return at + len;
}
