/* SPDX-License-Identifier: EUPL-1.2 */
/* Ranges become inclusive intervals, so that evaluation needs no operators. */
#include "research/circe/ranges.h"
#include "research/circe/circe.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool comparison_read(const struct reading *reading, struct node range, enum cohort_comparison *out_comparison, struct error *err)
{
    static const char *const names[] = {
        [COHORT_LT] = "lt", [COHORT_LTE] = "lte", [COHORT_EQ] = "eq", [COHORT_NOT_EQ] = "!eq", [COHORT_GT] = "gt", [COHORT_GTE] = "gte",
    };
    const char *op = NULL;
    TRY(read_text(reading, range, "Op", &op, err));
    if (!op) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, range, "Op", err, "a range needs an operator");
    }
    if (text_ends_with(text_of(op), TEXT("bt"))) { /* the reference looks no further */
        *out_comparison = op[0] == '!' ? COHORT_NOT_BETWEEN : COHORT_BETWEEN;
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(op, names[i]) == 0) {
            *out_comparison = (enum cohort_comparison)i;
            return true;
        }
    }
    return reading_refuse_member(reading, ERROR_INVALID_INPUT, range, "Op", err,
                                 "unknown operator of a range; there are lt, lte, eq, !eq, gt, gte, bt, !bt");
}

static bool is_between(enum cohort_comparison comparison)
{
    return comparison == COHORT_BETWEEN || comparison == COHORT_NOT_BETWEEN;
}

static void set_interval(struct cohort_test *test, enum cohort_comparison comparison, int64_t value, int64_t extent)
{
    test->comparison = comparison;
    test->is_negated = comparison == COHORT_NOT_EQ || comparison == COHORT_NOT_BETWEEN;
    test->low = comparison == COHORT_LT || comparison == COHORT_LTE ? INT64_MIN : value + (comparison == COHORT_GT);
    test->high = comparison == COHORT_GT || comparison == COHORT_GTE ? INT64_MAX : value - (comparison == COHORT_LT);
    if (is_between(comparison)) {
        test->high = extent;
    }
}

static bool integer_read(const struct reading *reading, struct node range, const char *name, int64_t *out_value, struct error *err)
{
    double number = 0;
    TRY(read_number(reading, range, name, &number, err));
    if (fabs(number) > INT32_MAX) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, range, name, err, "this number does not fit in 32 bits");
    }
    *out_value = (int64_t)number; /* toward zero */
    return true;
}

bool range_read_integer(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err)
{
    enum cohort_comparison comparison = COHORT_EQ;
    int64_t value = 0, extent = 0;
    TRY(comparison_read(reading, range, &comparison, err));
    TRY(integer_read(reading, range, "Value", &value, err));
    if (is_between(comparison)) {
        TRY(integer_read(reading, range, "Extent", &extent, err));
    }
    set_interval(test, comparison, value, extent);
    return true;
}

/* Adds one in the last place of `count` digits; a carry out of the first makes "1" and raises the exponent. */
static size_t round_up(char *digits, size_t count, int *exponent)
{
    while (count > 0 && digits[count - 1] == '9') {
        count--;
    }
    if (count == 0) {
        digits[0] = '1';
        *exponent += 1;
        return 1;
    }
    digits[count - 1]++;
    return count;
}

/* value = 0.d1d2d3... * 10^exponent, d1 not 0, in its shortest digits. */
static size_t shortest_digits(double value, char digits[TEXT_NUMBER_SIZE], int *out_exponent)
{
    char text[TEXT_NUMBER_SIZE];
    size_t length = text_from_double(fabs(value), text), count = 0;
    int64_t scale = 0;
    int exponent = 0;
    bool is_fraction = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == 'e' || text[i] == 'E') {
            bool is_number = text_to_i64((struct text){text + i + 1, length - i - 1}, &scale);
            assert(is_number);
            break;
        }
        is_fraction = is_fraction || text[i] == '.';
        if (text[i] == '.') {
            continue;
        }
        if (count > 0 || text[i] != '0') {
            digits[count++] = text[i];
            exponent += !is_fraction;
        } else {
            exponent -= is_fraction;
        }
    }
    *out_exponent = exponent + (int)scale;
    return count;
}

double decimal_round(double value)
{
    enum { PLACES = 4 };
    char digits[TEXT_NUMBER_SIZE];
    int exponent = 0;
    size_t count = shortest_digits(value, digits, &exponent);
    int64_t kept = (int64_t)exponent + PLACES;
    if (count == 0 || kept >= (int64_t)count) {
        return value;
    }
    if (kept < 0) {
        return 0;
    }
    bool is_up = digits[kept] >= '5';
    size_t rest = is_up ? round_up(digits, (size_t)kept, &exponent) : (size_t)kept;
    if (rest == 0) {
        return 0;
    }
    char text[2 * TEXT_NUMBER_SIZE];
    int length = snprintf(text, sizeof text, "%s0.%.*se%d", value < 0 ? "-" : "", (int)rest, digits, exponent);
    double rounded = 0;
    bool is_number = text_to_double((struct text){text, (size_t)length}, &rounded);
    assert(is_number);
    return rounded;
}

static bool decimal_read(const struct reading *reading, struct node range, const char *name, double *out_value, struct error *err)
{
    TRY(read_number(reading, range, name, out_value, err));
    *out_value = decimal_round(*out_value) + 0.0; /* no negative zero */
    return true;
}

bool range_read_decimal(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err)
{
    enum cohort_comparison comparison = COHORT_EQ;
    double value = 0, extent = 0;
    TRY(comparison_read(reading, range, &comparison, err));
    TRY(decimal_read(reading, range, "Value", &value, err));
    if (is_between(comparison)) {
        TRY(decimal_read(reading, range, "Extent", &extent, err));
    }
    test->comparison = comparison;
    test->is_negated = comparison == COHORT_NOT_EQ || comparison == COHORT_NOT_BETWEEN;
    test->low_number = comparison == COHORT_LT || comparison == COHORT_LTE ? -INFINITY : value;
    test->high_number = comparison == COHORT_GT || comparison == COHORT_GTE ? INFINITY : value;
    if (comparison == COHORT_LT) {
        test->high_number = nextafter(value, -INFINITY);
    } else if (comparison == COHORT_GT) {
        test->low_number = nextafter(value, INFINITY);
    } else if (is_between(comparison)) {
        test->high_number = extent;
    }
    return true;
}

/* Three integers between "-", as in 2010-1-1. */
static bool parts_of_date(const char *text, int64_t parts[3])
{
    const char *from = text;
    for (int i = 0; i < 3; i++) {
        const char *to = i < 2 ? strchr(from, '-') : from + strlen(from);
        if (!to || !text_to_i64((struct text){from, (size_t)(to - from)}, &parts[i]) || parts[i] < 0 || parts[i] > 9999) {
            return false;
        }
        from = to + 1;
    }
    return true;
}

bool date_read(const struct reading *reading, struct node object, const char *name, bool *out_has, day *out_day, struct error *err)
{
    const char *text = NULL;
    int64_t parts[3] = {0, 0, 0};
    TRY(read_text(reading, object, name, &text, err));
    *out_has = text != NULL;
    if (!text) {
        return true;
    }
    if (!parts_of_date(text, parts)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, object, name, err, "a date is written year-month-day");
    }
    if (!day_from_civil((int)parts[0], (int)parts[1], (int)parts[2], out_day)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, object, name, err, "there is no such date");
    }
    return true;
}

static bool required_date_read(const struct reading *reading, struct node range, const char *name, int64_t *out_value, struct error *err)
{
    bool has = false;
    day value = {0};
    TRY(date_read(reading, range, name, &has, &value, err));
    if (!has) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, range, name, err, "a date is wanted here, there is none");
    }
    *out_value = value.number;
    return true;
}

bool range_read_date(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err)
{
    enum cohort_comparison comparison = COHORT_EQ;
    int64_t value = 0, extent = 0;
    TRY(comparison_read(reading, range, &comparison, err));
    TRY(required_date_read(reading, range, "Value", &value, err));
    if (is_between(comparison)) {
        TRY(required_date_read(reading, range, "Extent", &extent, err));
    }
    set_interval(test, comparison, value, extent);
    return true;
}

/* The reference drops backslashes that stand immediately before a quote. */
static char *without_escapes(const struct reading *reading, const char *text)
{
    char *out = arena_text_copy(reading->scratch, text);
    size_t length = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            while (length > 0 && out[length - 1] == '\\') {
                length--;
            }
        }
        out[length++] = *c;
    }
    out[length] = '\0';
    return out;
}

bool text_filter_read(const struct reading *reading, struct node filter, struct cohort_test *test, struct error *err)
{
    const char *op = NULL, *text = NULL;
    TRY(read_text(reading, filter, "Op", &op, err));
    TRY(read_text(reading, filter, "Text", &text, err));
    if (!op) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, filter, "Op", err, "a text filter needs an operator");
    }
    if (text && strlen(text) > CIRCE_PATTERN_MAX) {
        return reading_refuse_member(reading, ERROR_LIMIT, filter, "Text", err, "this text is too long to look for");
    }
    const char *plain = op[0] == '!' ? op + 1 : op;
    bool is_contains = strcmp(plain, "contains") == 0;
    bool is_start = is_contains || strcmp(plain, "startsWith") == 0, is_end = is_contains || strcmp(plain, "endsWith") == 0;
    if (op[0] == '!' && !is_start && !is_end) {
        return reading_refuse_member(reading, ERROR_UNSUPPORTED, filter, "Op", err,
                                     "a negated operator of a text filter is !startsWith, !contains or !endsWith");
    }
    test->is_negated = op[0] == '!';
    char *pattern = arena_text_format(reading->result, "%s%s%s", is_end ? "%" : "", without_escapes(reading, text ? text : "null"),
                                      is_start ? "%" : "");
    test->pattern = text_of(pattern);
    return true;
}
