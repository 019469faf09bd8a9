/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of value: any bytes as a date, a code, a commune, an establishment. What is read has the form that is promised. */
#include "intake/snds/value.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *out, size_t size)
{
    size_t length = strnlen(out, size);
    assert(length > 0 && length < size);
    for (size_t i = 0; i < length; i++) {
        assert((out[i] >= '0' && out[i] <= '9') || (out[i] >= 'A' && out[i] <= 'Z') || out[i] == '+' || out[i] == '-');
    }
}

static void check_codes(struct text text)
{
    static bool (*const readers[])(struct text text, char out[CODE_SIZE]) = {value_cip13, value_cip7, value_ucd, value_ccam, value_cim10};
    char code[CODE_SIZE];
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (readers[i](text, code)) {
            check_clean(code, sizeof code);
        }
    }
    for (size_t length = 1; length < CODE_SIZE; length++) {
        if (value_digits(text, length, code)) {
            assert(strlen(code) == length);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size}, code = value_code(text), again = value_code(code);
    size_t half = size / 2;
    char finess[FINESS_SIZE], commune[COMMUNE_SIZE];
    day date = {0};
    assert(code.length <= size && text_equal(value_plain(value_plain(text)), value_plain(text)));
    assert(again.length <= code.length);
    if (value_day(text, &date) == DAY_READ) {
        assert(day_year(date) >= 1900 && day_year(date) < 2099);
    }
    check_codes(text);
    if (value_finess_pmsi(text, finess)) {
        check_clean(finess, sizeof finess);
        assert(strlen(finess) == 9);
    }
    if (value_finess_dcir(text, finess)) {
        check_clean(finess, sizeof finess);
    }
    for (int is_rsi = 0; is_rsi < 2; is_rsi++) {
        if (value_commune((struct text){text.data, half}, (struct text){text.data + half, size - half}, is_rsi, commune)) {
            check_clean(commune, sizeof commune);
            assert(strlen(commune) == 5);
        }
    }
    return 0;
}
