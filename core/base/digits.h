/* Decimal digits, two at a time. Threads: any. */
#ifndef TT_BASE_DIGITS_H
#define TT_BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { TT_DIGITS_MAX = 20 }; /* of a uint64_t; of an int64_t with its sign */

/* "00" to "99", one behind the other. */
extern const char tt_digits_pairs[201];

/* Two digits of a value below 100; gives what is behind them. */
static inline char *tt_digits_put_two(char *at, unsigned value)
{
    memcpy(at, tt_digits_pairs + 2 * (value < 100 ? value : 0), 2);
    return at + 2;
}

/* The value without a NUL; gives what is behind it. */
char *tt_digits_put_uint(char at[static TT_DIGITS_MAX], uint64_t value);
char *tt_digits_put_int(char at[static TT_DIGITS_MAX], int64_t value);

#endif
