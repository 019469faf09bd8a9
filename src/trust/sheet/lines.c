/* SPDX-License-Identifier: EUPL-1.2 */
/* lines: bytes as lines that a person can type, and back. Base 32 after Douglas Crockford, with a check for each line. */
#include "trust/crypto/crypto.h"
#include "trust/sheet/sheet.h"
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum {
    LINE_BYTES = 25,
    LINE_SYMBOLS = LINE_BYTES * 8 / 5,
    CHECK_SYMBOLS = 4,
    GROUP = 5,
    LINES_MAX = (SHEET_BYTES_MAX + LINE_BYTES - 1) / LINE_BYTES,
};

/* 20 bits of BLAKE2b: one wrong line in a million passes, and then the seal of what it holds does not open. */
static uint32_t line_check(unsigned number, bool is_last, const uint8_t *bytes, size_t length)
{
    uint8_t in[2 + LINE_BYTES] = {(uint8_t)number, is_last};
    memcpy(in + 2, bytes, length);
    struct crypto_hash hash = crypto_hash_of(in, 2 + length);
    return ((uint32_t)hash.bytes[0] << 16 | (uint32_t)hash.bytes[1] << 8 | hash.bytes[2]) >> 4;
}

/* Symbols of the bytes, the last filled up with zero bits, in groups of five with a blank before each. */
static bool print_symbols(struct buffer *out, const uint8_t *bytes, size_t length, struct error *err)
{
    uint32_t bits = 0;
    unsigned have = 0, printed = 0;
    for (size_t i = 0; i < length || have > 0;) {
        if (have < 5 && i < length) {
            bits = bits << 8 | bytes[i++];
            have += 8;
            continue;
        }
        uint32_t value = have >= 5 ? bits >> (have - 5) : bits << (5 - have);
        have = have >= 5 ? have - 5 : 0;
        bits &= (1u << have) - 1;
        const char symbol[2] = {' ', alphabet[value & 31]};
        bool is_first = printed++ % GROUP == 0;
        TRY(buffer_append(out, is_first ? symbol : symbol + 1, is_first ? 2 : 1, err));
    }
    return true;
}

bool sheet_lines_print(struct buffer *out, const void *bytes, size_t length, struct error *err)
{
    if (length == 0 || length > SHEET_BYTES_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a sheet holds 1 to %d bytes", SHEET_BYTES_MAX);
    }
    const uint8_t *at = bytes;
    for (unsigned number = 1; length > 0; number++) {
        size_t part = length < LINE_BYTES ? length : LINE_BYTES;
        uint32_t check = line_check(number, part == length, at, part);
        TRY(buffer_append_format(out, err, "%02u", number));
        TRY(print_symbols(out, at, part, err));
        TRY(buffer_append_format(out, err, " %c%c%c%c\n", alphabet[check >> 15 & 31], alphabet[check >> 10 & 31], alphabet[check >> 5 & 31],
                                 alphabet[check & 31]));
        at += part;
        length -= part;
    }
    return true;
}

/* -1: no symbol. */
static int symbol_value(char symbol)
{
    char upper = symbol >= 'a' && symbol <= 'z' ? (char)(symbol - 'a' + 'A') : symbol;
    upper = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    const char *found = upper ? strchr(alphabet, upper) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static bool bad_line(struct error *err, unsigned number, const char *what)
{
    FAIL(err, INVALID_INPUT, "line %02u of the sheet %s", number, what);
    return error_hint(err, "compare line %02u with the sheet, symbol by symbol", number);
}

/* The symbols after the number, without blanks and dashes. */
static bool read_symbols(struct text line, unsigned number, uint8_t *out, size_t *out_count, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < line.length; i++) {
        char c = line.data[i];
        if (c == ' ' || c == '\t' || c == '-' || c == '\r') {
            continue;
        }
        int value = symbol_value(c);
        if (value < 0) {
            return bad_line(err, number, "holds a sign that no line has");
        }
        if (count == LINE_SYMBOLS + CHECK_SYMBOLS) {
            return bad_line(err, number, "has too many symbols");
        }
        out[count++] = (uint8_t)value;
    }
    if (count <= CHECK_SYMBOLS) {
        return bad_line(err, number, "has too few symbols");
    }
    *out_count = count;
    return true;
}

static uint32_t read_check(const uint8_t *symbols)
{
    return (uint32_t)symbols[0] << 15 | (uint32_t)symbols[1] << 10 | (uint32_t)symbols[2] << 5 | symbols[3];
}

/* The bytes of a line; false when what fills up the last symbol is not zero. */
static bool pack(const uint8_t *symbols, size_t count, uint8_t *out, size_t *out_length)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        bits = (bits << 5 | symbols[i]) & 0xfff;
        have += 5;
        if (have >= 8) {
            have -= 8;
            out[length++] = (uint8_t)(bits >> have);
        }
    }
    *out_length = length;
    return have < 5 && (bits & ((1u << have) - 1)) == 0;
}

/* One line; *out_is_last says whether its check is that of a last line. */
static bool read_line(struct text line, unsigned number, struct buffer *out, bool *out_is_last, struct error *err)
{
    uint8_t symbols[LINE_SYMBOLS + CHECK_SYMBOLS], bytes[LINE_BYTES];
    size_t count = 0, length = 0;
    TRY(read_symbols(line, number, symbols, &count, err));
    count -= CHECK_SYMBOLS;
    uint32_t check = read_check(symbols + count);
    if (!pack(symbols, count, bytes, &length) || length == 0) {
        return bad_line(err, number, "lacks a symbol or has one too many");
    }
    bool is_last = check == line_check(number, true, bytes, length);
    if (!is_last && (count != LINE_SYMBOLS || check != line_check(number, false, bytes, length))) {
        return bad_line(err, number, "was mistyped: its check (the last four symbols) does not fit");
    }
    *out_is_last = is_last;
    return buffer_append(out, bytes, length, err);
}

/* The number at the beginning: digits up to a blank. */
static bool take_number(struct text *line, unsigned *out_number)
{
    unsigned number = 0;
    size_t digits = 0;
    while (digits < line->length && digits < 3 && line->data[digits] >= '0' && line->data[digits] <= '9') {
        number = number * 10 + (unsigned)(line->data[digits++] - '0');
    }
    if (digits == 0 || digits == line->length || (line->data[digits] != ' ' && line->data[digits] != '\t')) {
        return false;
    }
    *line = (struct text){line->data + digits, line->length - digits};
    *out_number = number;
    return true;
}

static struct text next_line(struct text *rest)
{
    size_t end = 0;
    bool is_words = rest->data[0] == '#'; /* in words a slash is a slash */
    while (end < rest->length && rest->data[end] != '\n' && (is_words || rest->data[end] != '/')) {
        end++;
    }
    struct text line = {rest->data, end};
    size_t used = end < rest->length ? end + 1 : end;
    *rest = (struct text){rest->data + used, rest->length - used};
    return text_trim(line);
}

static bool out_of_order(struct error *err, unsigned expected, unsigned number)
{
    FAIL(err, INVALID_INPUT, "line %02u stands where line %02u of the sheet belongs", number, expected);
    return error_hint(err, "a line is missing, doubled or displaced: type them in the order of their numbers");
}

static bool read_lines(struct text typed, struct buffer *out, struct error *err)
{
    unsigned expected = 1, number = 0;
    bool is_last = false;
    while (typed.length > 0) {
        struct text line = next_line(&typed);
        if (line.length == 0 || line.data[0] == '#') {
            continue;
        }
        if (is_last) {
            return FAIL(err, INVALID_INPUT, "there is a line after line %02u, which is the last of the sheet", number);
        }
        if (!take_number(&line, &number)) {
            FAIL(err, INVALID_INPUT, "the line after line %02u of the sheet does not begin with its number", expected - 1);
            return error_hint(err, "each line begins with two digits and a blank; lines of words begin with #");
        }
        if (number != expected || number > LINES_MAX) {
            return out_of_order(err, expected, number);
        }
        TRY(read_line(line, number, out, &is_last, err));
        expected++;
    }
    if (!is_last) {
        FAIL(err, INVALID_INPUT, "line %02u of the sheet is missing", expected);
        return error_hint(err, "type every line of the sheet, to the last");
    }
    return true;
}

bool sheet_lines_parse(struct buffer *out_bytes, struct text typed, struct error *err)
{
    CLEANUP(buffer_value) struct buffer found = {.maximum = SHEET_BYTES_MAX};
    TRY(read_lines(typed, &found, err));
    return buffer_append(out_bytes, found.data, found.length, err);
}
