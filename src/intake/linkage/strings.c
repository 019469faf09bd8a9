/* SPDX-License-Identifier: EUPL-1.2 */
/* strings: Jaro, Jaro-Winkler, Damerau. */
#include "intake/linkage/strings.h"
#include <string.h>

static struct text cut(struct text text)
{
    return (struct text){text.data, text.length < STRINGS_LENGTH_MAX ? text.length : STRINGS_LENGTH_MAX};
}

/* Letters of a that have an equal one in b within half the longer length; marks both. */
static size_t common_mark(struct text a, struct text b, bool *in_a, bool *in_b)
{
    const size_t longer = a.length > b.length ? a.length : b.length, reach = longer >= 4 ? longer / 2 - 1 : 0;
    size_t common = 0;
    for (size_t i = 0; i < a.length; i++) {
        const size_t from = i > reach ? i - reach : 0, to = i + reach + 1 < b.length ? i + reach + 1 : b.length;
        for (size_t j = from; j < to; j++) {
            if (!in_b[j] && a.data[i] == b.data[j]) {
                in_a[i] = in_b[j] = true;
                common++;
                break;
            }
        }
    }
    return common;
}

double string_jaro(struct text first, struct text second)
{
    const struct text a = cut(first), b = cut(second);
    bool in_a[STRINGS_LENGTH_MAX] = {false}, in_b[STRINGS_LENGTH_MAX] = {false};
    const size_t common = common_mark(a, b, in_a, in_b);
    if (common == 0) {
        return 0;
    }
    size_t out_of_place = 0;
    for (size_t i = 0, j = 0; i < a.length; i++) {
        if (in_a[i]) {
            while (!in_b[j]) {
                j++;
            }
            out_of_place += a.data[i] != b.data[j];
            j++;
        }
    }
    const size_t swaps = out_of_place / 2;
    const double c = (double)common;
    return (c / (double)a.length + c / (double)b.length + (c - (double)swaps) / c) / 3;
}

double string_jaro_winkler(struct text a, struct text b)
{
    const double jaro = string_jaro(a, b);
    size_t front = 0;
    while (front < 4 && front < a.length && front < b.length && a.data[front] == b.data[front]) {
        front++;
    }
    return jaro + (double)front * 0.1 * (1 - jaro);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned string_edits(struct text first, struct text second)
{
    const struct text a = cut(first), b = cut(second);
    if (a.length > b.length + 2 || b.length > a.length + 2) {
        return 3;
    }
    unsigned rows[3][STRINGS_LENGTH_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.length; j++) {
        last[j] = (unsigned)j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a.length; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            const char x = a.data[i - 1], y = b.data[j - 1];
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == b.data[j - 2] && a.data[i - 2] == y) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return least(last[b.length], 3);
}
