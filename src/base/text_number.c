/* SPDX-License-Identifier: EUPL-1.2 */
/* text_number: numbers as text. Most doubles of health data are short decimals (7.25), which a few multiplications find; what is left
 * goes through printf with more and more digits until it reads back the same. */
#include "base/text.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DECIMALS_MAX = 6 };
static const double WHOLE_MAX = 1e15; /* below it every digit of a whole number is exact */

/* Digits of value with a point before the last `decimals` of them. */
static size_t write_decimal(char out[TEXT_NUMBER_SIZE], uint64_t value, bool negative, int decimals)
{
    char reversed[TEXT_NUMBER_SIZE];
    size_t count = 0;
    for (int i = 0; value > 0 || i <= decimals; i++, value /= 10) {
        if (i == decimals && decimals > 0) {
            reversed[count++] = '.';
        }
        reversed[count++] = (char)('0' + value % 10);
    }
    size_t length = 0;
    if (negative) {
        out[length++] = '-';
    }
    while (count > 0) {
        out[length++] = reversed[--count];
    }
    out[length] = '\0';
    return length;
}

size_t text_from_i64(int64_t value, char out[TEXT_NUMBER_SIZE])
{
    return write_decimal(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 0);
}

size_t text_from_double(double value, char out[TEXT_NUMBER_SIZE])
{
    static const double powers[DECIMALS_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    assert(isfinite(value));
    double size = fabs(value);
    for (int decimals = 0; decimals <= DECIMALS_MAX && size * powers[decimals] < WHOLE_MAX; decimals++) {
        uint64_t digits = (uint64_t)(size * powers[decimals] + 0.5);
        /* digits and power are exact: the division rounds once, as the reading of the text does */
        if ((double)digits / powers[decimals] == size) {
            return write_decimal(out, digits, signbit(value), decimals);
        }
    }
    int length = 0;
    for (int precision = size < DBL_MIN ? 1 : 15; precision <= 17; precision++) { /* subnormal numbers have fewer digits */
        double again = 0;
        length = snprintf(out, TEXT_NUMBER_SIZE, "%.*g", precision, value);
        if (text_to_double((struct text){out, (size_t)length}, &again) && again == value) {
            break;
        }
    }
    return (size_t)length;
}
