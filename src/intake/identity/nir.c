/* SPDX-License-Identifier: EUPL-1.2 */
/* nir: reading the national number, its key, and what it says of birth. */
#include "intake/identity/nir.h"
#include "trust/crypto/crypto.h"
#include <string.h>

enum { NIR_WITH_KEY = 15, AT_DEPARTMENT = 5 };

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* The characters that count, upper case; false when there are others or too many. */
static bool characters_take(struct text text, char out[NIR_WITH_KEY], size_t *out_length)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char letter = text.data[i];
        if (letter == ' ' || letter == '.' || letter == '-' || letter == '\t') {
            continue;
        }
        if (length == NIR_WITH_KEY) {
            return false;
        }
        out[length++] = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    }
    for (size_t i = 0; i < length; i++) {
        const bool is_corsica = i == AT_DEPARTMENT + 1 && out[AT_DEPARTMENT] == '2' && (out[i] == 'A' || out[i] == 'B');
        if (!is_digit(out[i]) && !is_corsica) {
            return false;
        }
    }
    *out_length = length;
    return length == NIR_LENGTH || length == NIR_WITH_KEY;
}

unsigned nir_key(const char characters[NIR_LENGTH])
{
    uint64_t number = 0;
    for (size_t i = 0; i < NIR_LENGTH; i++) {
        const char letter = characters[i];
        number = number * 10 + (is_digit(letter) ? (uint64_t)(letter - '0') : 0);
    }
    if (characters[AT_DEPARTMENT + 1] == 'A') {
        number -= 1000000;
    } else if (characters[AT_DEPARTMENT + 1] == 'B') {
        number -= 2000000;
    }
    return 97 - (unsigned)(number % 97);
}

static unsigned number_at(const char *characters, size_t at, size_t count)
{
    unsigned number = 0;
    for (size_t i = at; i < at + count; i++) {
        number = number * 10 + (is_digit(characters[i]) ? (unsigned)(characters[i] - '0') : 0);
    }
    return number;
}

static bool is_one_digit(const char characters[NIR_LENGTH])
{
    for (size_t i = 2; i < NIR_LENGTH; i++) {
        if (characters[i] != characters[1]) {
            return false;
        }
    }
    return true;
}

bool nir_is_possible(const char characters[NIR_LENGTH])
{
    const unsigned month = number_at(characters, 3, 2), order = number_at(characters, 10, 3);
    const bool has_month = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
    const bool has_department = characters[5] != '0' || characters[6] != '0';
    return characters[0] >= '1' && characters[0] <= '8' && has_month && has_department && order > 0 && !is_one_digit(characters);
}

bool nir_read(struct text text, struct nir *out_nir)
{
    char characters[NIR_WITH_KEY] = {0};
    size_t length = 0;
    if (!characters_take(text, characters, &length)) {
        crypto_wipe(characters, sizeof characters);
        return false;
    }
    const enum nir_nature nature = characters[0] <= '2' ? NIR_ORDINARY : NIR_PROVISIONAL;
    struct nir nir = {.nature = nir_is_possible(characters) ? nature : NIR_FICTIVE, .has_key = length == NIR_WITH_KEY};
    memcpy(nir.characters, characters, NIR_LENGTH);
    nir.key_fits = nir.has_key && number_at(characters, NIR_LENGTH, 2) == nir_key(characters);
    nir.sex = (characters[0] - '0') % 2 ? BIRTH_MALE : BIRTH_FEMALE;
    nir.year_in_century = (uint8_t)number_at(characters, 1, 2);
    const unsigned month = number_at(characters, 3, 2);
    nir.month = (uint8_t)(month <= 12 ? month : 0);
    memcpy(nir.place, characters + AT_DEPARTMENT, 5); /* 2 + 3 or 3 + 2 characters: five either way */
    *out_nir = nir;
    crypto_wipe(&nir, sizeof nir);
    crypto_wipe(characters, sizeof characters);
    return true;
}

bool nir_fits(const struct nir *nir, const struct birth_date *date, enum birth_sex sex)
{
    const bool sex_fits = sex == BIRTH_SEX_UNKNOWN || sex == nir->sex;
    const bool year_fits = date->year == 0 || date->year % 100 == nir->year_in_century;
    const bool month_fits = date->month == 0 || nir->month == 0 || date->month == nir->month;
    return sex_fits && year_fits && month_fits;
}

enum ins_kind ins_kind_of(struct text oid)
{
    static const struct text front = {"urn:oid:", 8}, root = {INS_OID_ROOT, sizeof INS_OID_ROOT - 1};
    oid = text_trim(oid);
    if (oid.length == 0) {
        return INS_UNSAID;
    }
    if (text_starts_with(oid, front)) {
        oid = (struct text){oid.data + front.length, oid.length - front.length};
    }
    if (!text_starts_with(oid, root)) {
        return INS_OTHER;
    }
    const struct text last = {oid.data + root.length, oid.length - root.length};
    return text_equal(last, TEXT("8"))    ? INS_NIR
           : text_equal(last, TEXT("9"))  ? INS_NIA
           : text_equal(last, TEXT("10")) ? INS_TEST
           : text_equal(last, TEXT("11")) ? INS_DEMO
                                          : INS_OTHER;
}
