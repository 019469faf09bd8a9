/* SPDX-License-Identifier: EUPL-1.2 */
/* DuckDB's errors become ours. Its messages quote values, lines and statements ("Could not convert string 'x' to INT32"), so what is
 * shown to users is said in our words, and what is kept for the operator has every quotation and every number taken out. */
#include "engines/duckdb/duckdb_internal.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 200 };

static bool is_quote(char byte)
{
    return byte == '\'' || byte == '"' || byte == '`';
}

/* INT32, DECIMAL(18,3): a type's name in capitals may keep its digits. */
static bool is_type_name(const char *token, size_t length)
{
    size_t capitals = 0;
    while (capitals < length && isupper((unsigned char)token[capitals])) {
        capitals++;
    }
    return capitals >= 3;
}

static bool has_digit_or_foreign(const char *token, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isalpha((unsigned char)token[i]) && !strchr("-_.,;:!?()/", token[i])) {
            return true;
        }
    }
    return false;
}

/* Copies words up to the end of the line, with "..." for a token that may be a value. */
static void copy_words(const char *from, const char *end, char *out, size_t size, size_t *used)
{
    while (from < end && *from != '\n' && *from != '\r') {
        if (*from == ' ') {
            from++;
            continue;
        }
        const char *token = from;
        while (from < end && *from != ' ' && *from != '\n' && *from != '\r') {
            from++;
        }
        const size_t length = (size_t)(from - token);
        const bool hidden = has_digit_or_foreign(token, length) && !is_type_name(token, length);
        const int written = hidden ? snprintf(out + *used, size - *used, "%s...", *used ? " " : "")
                                   : snprintf(out + *used, size - *used, "%s%.*s", *used ? " " : "", (int)length, token);
        *used += (size_t)written;
        if (*used >= size) {
            *used = size - 1;
            return;
        }
    }
}

void engine_words_scrub(const char *words, char *out, size_t size)
{
    const char *end = words + strlen(words);
    const char *first = words, *last = end;
    size_t used = 0;
    out[0] = '\0';
    while (*first && !is_quote(*first)) {
        first++;
    }
    while (last > first && !is_quote(last[-1])) {
        last--;
    }
    copy_words(words, first, out, size, &used);
    /* A value may itself hold quotation marks and line breaks, so that only what follows the last mark is safe; without a second mark,
     * or behind a line break before the first, nothing more is. */
    if (last > first + 1 && !memchr(words, '\n', (size_t)(first - words))) {
        const int written = snprintf(out + used, size - used, "%s...", used ? " " : "");
        used = used + (size_t)written < size ? used + (size_t)written : size - 1;
        copy_words(last, end, out, size, &used);
    }
}

static enum error_code code_of(duckdb_error_type type)
{
    switch ((int)type) {
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return ERROR_LIMIT;
    case DUCKDB_ERROR_IO:
        return ERROR_IO;
    case DUCKDB_ERROR_INTERRUPT:
        return ERROR_CANCELLED;
    case DUCKDB_ERROR_PERMISSION:
        return ERROR_DENIED;
    default:
        return ERROR_ENGINE;
    }
}

static const char *name_of(duckdb_error_type type)
{
    switch ((int)type) {
    case DUCKDB_ERROR_OUT_OF_RANGE:
        return "a number is out of range";
    case DUCKDB_ERROR_CONVERSION:
        return "a value cannot be converted";
    case DUCKDB_ERROR_INVALID_INPUT:
        return "a file or a value is not as it should be";
    case DUCKDB_ERROR_CONSTRAINT:
        return "a row breaks a constraint";
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return "the engine's memory limit is reached";
    case DUCKDB_ERROR_IO:
        return "a file cannot be read or written";
    case DUCKDB_ERROR_INTERRUPT:
        return "stopped by the user";
    case DUCKDB_ERROR_PERMISSION:
        return "not permitted";
    case DUCKDB_ERROR_CATALOG:
    case DUCKDB_ERROR_BINDER:
    case DUCKDB_ERROR_PARSER:
    case DUCKDB_ERROR_SYNTAX:
        return "the statement is wrong";
    default:
        return "the engine failed";
    }
}

/* Where DuckDB gives no type (pending results, prepared statements, chunks), its words begin with one. */
static duckdb_error_type type_of_words(const char *words)
{
    static const struct {
        const char *begin;
        duckdb_error_type type;
    } known[] = {
        {"IO Error", DUCKDB_ERROR_IO},
        {"Out of Memory Error", DUCKDB_ERROR_OUT_OF_MEMORY},
        {"INTERRUPT Error", DUCKDB_ERROR_INTERRUPT},
        {"Conversion Error", DUCKDB_ERROR_CONVERSION},
        {"Out of Range Error", DUCKDB_ERROR_OUT_OF_RANGE},
        {"Invalid Input Error", DUCKDB_ERROR_INVALID_INPUT},
        {"Permission Error", DUCKDB_ERROR_PERMISSION},
        {"Constraint Error", DUCKDB_ERROR_CONSTRAINT},
        {"Binder Error", DUCKDB_ERROR_BINDER},
        {"Parser Error", DUCKDB_ERROR_PARSER},
        {"Catalog Error", DUCKDB_ERROR_CATALOG},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(words, known[i].begin, strlen(known[i].begin)) == 0) {
            return known[i].type;
        }
    }
    return DUCKDB_ERROR_INVALID;
}

bool engine_fail(struct error *err, duckdb_error_type type, const char *words, const char *doing)
{
    char scrubbed[WORDS_MAX];
    words = words ? words : "";
    type = type == DUCKDB_ERROR_INVALID ? type_of_words(words) : type;
    engine_words_scrub(words, scrubbed, sizeof scrubbed);
    error_set(err, code_of(type), __FILE__, __LINE__, "%s: %s", doing, name_of(type));
    error_detail(err, "DuckDB (%d): %s", (int)type, scrubbed);
    if (type == DUCKDB_ERROR_OUT_OF_MEMORY) {
        error_hint(err, "raise load_memory_bytes, or close what else uses memory");
    }
    return false;
}
