/* SPDX-License-Identifier: EUPL-1.2 */
/* column_layout: the numbers that stand in chunks, shared by the encoder and the decoder (private to the store). */
#pragma once

enum { VALIDITY_ALL = 0, VALIDITY_NONE = 1, VALIDITY_BITMAP = 2, VALIDITY_ABSENT_LIST = 3, VALIDITY_PRESENT_LIST = 4 };
enum { FLOAT_DECIMAL = 0, FLOAT_PLANES = 1 };
enum { DECIMAL_EXPONENTS = 7, FLOAT_SAMPLE = 128 };

/* Integers below this are exact as doubles, so a decimal that reads back equal once reads back equal always. */
#define DECIMAL_LIMIT 4503599627370496.0 /* 2^52 */

static inline double decimal_scale(unsigned exponent)
{
    static const double scales[DECIMAL_EXPONENTS] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    return scales[exponent];
}
