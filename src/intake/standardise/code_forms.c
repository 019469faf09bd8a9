/* SPDX-License-Identifier: EUPL-1.2 */
/* How a code is written here and there: with and without dots, with PMSI extensions, with leading zeros. sources.md section 3, 4. */
#include "intake/standardise/codes.h"
#include <ctype.h>
#include <string.h>

#define SYSTEM(name, text, vocabulary, form) {text, vocabulary, CODE_##form},
static const struct code_system systems[] = {STANDARD_SYSTEMS(SYSTEM)};
#undef SYSTEM

const struct code_system *code_system_find(struct text name)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (text_equal_fold(name, text_of(systems[i].name))) {
            return &systems[i];
        }
    }
    return NULL;
}

static void add(struct code_forms *forms, const char *text, size_t length)
{
    if (length == 0 || length >= CODE_FORM_BYTES || forms->count == CODE_FORMS_MAX) {
        return;
    }
    for (size_t i = 0; i < forms->count; i++) {
        if (strlen(forms->texts[i]) == length && memcmp(forms->texts[i], text, length) == 0) {
            return;
        }
    }
    memcpy(forms->texts[forms->count], text, length);
    forms->texts[forms->count++][length] = '\0';
}

/* With a dot after `at` characters, then without. */
static void add_dotted(struct code_forms *forms, const char *bare, size_t length, size_t at)
{
    char dotted[CODE_FORM_BYTES];
    if (length > at && length + 1 < sizeof dotted) {
        memcpy(dotted, bare, at);
        dotted[at] = '.';
        memcpy(dotted + at + 1, bare + at, length - at);
        add(forms, dotted, length + 1);
    }
    add(forms, bare, length);
}

/* Capitals, without dots and blanks. */
static size_t bare_of(char out[CODE_FORM_BYTES], struct text code)
{
    size_t length = 0;
    for (size_t i = 0; i < code.length && length + 1 < CODE_FORM_BYTES; i++) {
        if (code.data[i] != '.' && code.data[i] != ' ') {
            out[length++] = (char)toupper((unsigned char)code.data[i]);
        }
    }
    out[length] = '\0';
    return length;
}

/* ATIH adds characters to codes of the WHO ("F1024", "Z511+0"): the code, then the code of the WHO that it is part of. */
static void add_cim10(struct code_forms *forms, const char *bare, size_t length)
{
    enum { CATEGORY = 3, WHO_LENGTH = 4 };
    const char *plus = memchr(bare, '+', length);
    add_dotted(forms, bare, length, CATEGORY);
    if (plus) {
        length = (size_t)(plus - bare);
        add_dotted(forms, bare, length, CATEGORY);
    }
    if (length > WHO_LENGTH) {
        add_dotted(forms, bare, WHO_LENGTH, CATEGORY);
    }
}

static void add_ccam(struct code_forms *forms, const char *bare, size_t length)
{
    enum { BASE_LENGTH = 7 }; /* activity, phase and extension follow */
    add(forms, bare, length);
    add(forms, bare, length > BASE_LENGTH ? BASE_LENGTH : length);
}

/* "0000009234567" and "3400892345674" are the UCD 9234567: the long code has it in its middle. */
static void add_product(struct code_forms *forms, const char *bare, size_t length)
{
    enum { LONG = 13, MIDDLE = 5, SHORT = 7 };
    size_t zeros = 0;
    while (zeros + 1 < length && bare[zeros] == '0') {
        zeros++;
    }
    add(forms, bare, length);
    add(forms, bare + zeros, length - zeros);
    if (length == LONG && memcmp(bare, "3400", 4) == 0) {
        add(forms, bare + MIDDLE, SHORT);
    }
}

void code_forms_make(struct code_forms *out_forms, enum code_form form, struct text code)
{
    char bare[CODE_FORM_BYTES];
    const struct text trimmed = text_trim(code);
    const size_t length = bare_of(bare, trimmed);
    out_forms->count = 0;
    add(out_forms, trimmed.data, trimmed.length);
    switch (form) {
    case CODE_PLAIN: {
        char upper[CODE_FORM_BYTES];
        size_t count = 0;
        for (; count < trimmed.length && count + 1 < sizeof upper; count++) {
            upper[count] = (char)toupper((unsigned char)trimmed.data[count]);
        }
        add(out_forms, upper, count);
        break;
    }
    case CODE_CIM10:
        add_cim10(out_forms, bare, length);
        break;
    case CODE_DOT3:
        add_dotted(out_forms, bare, length, 3);
        break;
    case CODE_DOT3E:
        add_dotted(out_forms, bare, length, bare[0] == 'E' ? 4 : 3);
        break;
    case CODE_DOT2:
        add_dotted(out_forms, bare, length, 2);
        break;
    case CODE_CCAM:
        add_ccam(out_forms, bare, length);
        break;
    case CODE_PRODUCT:
        add_product(out_forms, bare, length);
        break;
    default:
        break;
    }
}
