/* SPDX-License-Identifier: EUPL-1.2 */
/* Folding of UTF-8 to search words. Code points of Latin-1 Supplement and Latin Extended-A have a table of ranges; combining accents
 * (U+0300 to U+036F) vanish; bytes that are not UTF-8 separate. */
#include "warehouse/vocabulary/words.h"
#include <stdint.h>
#include <string.h>

enum { LATIN_FIRST = 0xC0, LATIN_LAST = 0x17F, COMBINING_FIRST = 0x300, COMBINING_LAST = 0x36F };

/* Each range ends at `last` and begins after the one before; the first at U+00C0. */
static const struct {
    uint16_t last;
    char letters[4];
} latin[] = {
    {0xC5, "a"},  {0xC6, "ae"}, {0xC7, "c"},  {0xCB, "e"},  {0xCF, "i"},  {0xD0, "d"},   {0xD1, "n"},  {0xD6, "o"},  {0xD7, ""},
    {0xD8, "o"},  {0xDC, "u"},  {0xDD, "y"},  {0xDE, "th"}, {0xDF, "ss"}, {0xE5, "a"},   {0xE6, "ae"}, {0xE7, "c"},  {0xEB, "e"},
    {0xEF, "i"},  {0xF0, "d"},  {0xF1, "n"},  {0xF6, "o"},  {0xF7, ""},   {0xF8, "o"},   {0xFC, "u"},  {0xFD, "y"},  {0xFE, "th"},
    {0xFF, "y"},  {0x105, "a"}, {0x10D, "c"}, {0x111, "d"}, {0x11B, "e"}, {0x123, "g"},  {0x127, "h"}, {0x131, "i"}, {0x133, "ij"},
    {0x135, "j"}, {0x138, "k"}, {0x142, "l"}, {0x14B, "n"}, {0x151, "o"}, {0x153, "oe"}, {0x159, "r"}, {0x161, "s"}, {0x167, "t"},
    {0x173, "u"}, {0x175, "w"}, {0x178, "y"}, {0x17E, "z"}, {0x17F, "s"},
};

/* Decodes the code point at data; 0 bytes when it is not UTF-8. */
static size_t decode(const unsigned char *data, size_t length, uint32_t *out_point)
{
    size_t bytes = data[0] >= 0xC2 && data[0] <= 0xDF   ? 2
                   : data[0] >= 0xE0 && data[0] <= 0xEF ? 3
                   : data[0] >= 0xF0 && data[0] <= 0xF4 ? 4
                                                        : 0;
    if (bytes == 0 || bytes > length) {
        return 0;
    }
    uint32_t point = data[0] & (0xFFU >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) {
        if ((data[i] & 0xC0) != 0x80) {
            return 0;
        }
        point = point << 6 | (data[i] & 0x3F);
    }
    *out_point = point;
    return bytes;
}

static const char *latin_letters(uint32_t point)
{
    size_t range = 0;
    while (latin[range].last < point) {
        range++;
    }
    return latin[range].letters;
}

/* One character: how many bytes it takes from the text, and what it becomes. */
struct folded {
    size_t taken, length;
    bool separates;
    char bytes[4];
};

static struct folded fold_wide(const unsigned char *data, size_t length)
{
    uint32_t point = 0;
    size_t taken = decode(data, length, &point);
    if (taken == 0) {
        return (struct folded){.taken = 1, .separates = true};
    }
    struct folded out = {.taken = taken};
    if (point >= LATIN_FIRST && point <= LATIN_LAST) {
        const char *letters = latin_letters(point);
        out.length = strlen(letters);
        out.separates = out.length == 0;
        memcpy(out.bytes, letters, out.length);
    } else if (point < LATIN_FIRST || (point >= 0x2000 && point <= 0x206F)) { /* signs, and general punctuation */
        out.separates = true;
    } else if (point < COMBINING_FIRST || point > COMBINING_LAST) {
        out.length = taken;
        memcpy(out.bytes, data, taken);
    }
    return out;
}

/* What an ASCII character becomes in a word; 0: it separates. */
static inline char fold_ascii(unsigned char c)
{
    unsigned char lower = c | 0x20; /* letters only: digits have that bit already */
    return (lower >= 'a' && lower <= 'z') ? (char)lower : (c >= '0' && c <= '9') ? (char)c : '\0';
}

/* Appends the characters of one word that are not ASCII, from `at` on. False when one separates. */
static bool wide_take(struct text rest, size_t *at, char out[WORD_BYTES_MAX], size_t *length)
{
    struct folded next = fold_wide((const unsigned char *)rest.data + *at, rest.length - *at);
    if (next.separates) {
        *at += *length > 0 ? 0 : next.taken;
        return false;
    }
    *at += next.taken;
    if (*length + next.length <= WORD_BYTES_MAX) {
        memcpy(out + *length, next.bytes, next.length);
        *length += next.length;
    }
    return true;
}

size_t words_next(struct text *rest, char out[WORD_BYTES_MAX])
{
    size_t length = 0, at = 0;
    while (at < rest->length) {
        unsigned char c = (unsigned char)rest->data[at];
        char folded = c < 0x80 ? fold_ascii(c) : '\0';
        if (folded != '\0') {
            if (length < WORD_BYTES_MAX) {
                out[length++] = folded;
            }
            at++;
        } else if (c < 0x80 || !wide_take(*rest, &at, out, &length)) {
            if (length > 0) {
                break;
            }
            at += c < 0x80;
        }
    }
    rest->data += at;
    rest->length -= at;
    return length;
}

size_t words_folded_length(struct text name)
{
    char word[WORD_BYTES_MAX];
    size_t total = 0;
    for (size_t length = words_next(&name, word); length > 0; length = words_next(&name, word)) {
        total += length + (total > 0);
    }
    return total;
}

bool words_equal(struct text a, struct text b)
{
    char left[WORD_BYTES_MAX], right[WORD_BYTES_MAX];
    size_t length = 0;
    do {
        length = words_next(&a, left);
        if (words_next(&b, right) != length || memcmp(left, right, length) != 0) {
            return false;
        }
    } while (length > 0);
    return true;
}
