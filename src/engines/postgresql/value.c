/* SPDX-License-Identifier: EUPL-1.2 */
/* value: the binary form of values, as the send and receive functions of the server's types have it (PostgreSQL 55.2.2: network order;
 * days and microseconds count from 2000-01-01; numeric: digits to the base 10,000, the weight of the first, a sign, decimals to show). */
#include "engines/postgresql/postgresql_internal.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* pg_type.dat of the server: these numbers never change. */
enum {
    OID_BOOL = 16,
    OID_CHAR = 18,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMP = 1114,
    OID_NUMERIC = 1700,
};
enum { NUMERIC_BASE = 10000, NUMERIC_DIGITS = 4, NUMERIC_HEAD = 8, NUMERIC_NEGATIVE = 0x4000, DIGITS_READ_MAX = 40 };

/* ---- bytes ---- */
void postgresql_put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void postgresql_put_u32(uint8_t *out, uint32_t value)
{
    postgresql_put_u16(out, (uint16_t)(value >> 16));
    postgresql_put_u16(out + 2, (uint16_t)value);
}

void postgresql_put_u64(uint8_t *out, uint64_t value)
{
    postgresql_put_u32(out, (uint32_t)(value >> 32));
    postgresql_put_u32(out + 4, (uint32_t)value);
}

static uint64_t get(const uint8_t *bytes, size_t length)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* ---- types ---- */
bool postgresql_type_of(Oid oid, enum postgresql_type *out_type)
{
    static const struct {
        Oid oid;
        enum postgresql_type type;
    } known[] = {
        {OID_INT2, POSTGRESQL_I64},          {OID_INT4, POSTGRESQL_I64},      {OID_INT8, POSTGRESQL_I64},
        {OID_OID, POSTGRESQL_I64},           {OID_FLOAT4, POSTGRESQL_DOUBLE}, {OID_FLOAT8, POSTGRESQL_DOUBLE},
        {OID_NUMERIC, POSTGRESQL_DOUBLE},    {OID_TEXT, POSTGRESQL_TEXT},     {OID_VARCHAR, POSTGRESQL_TEXT},
        {OID_BPCHAR, POSTGRESQL_TEXT},       {OID_NAME, POSTGRESQL_TEXT},     {OID_CHAR, POSTGRESQL_TEXT},
        {OID_UNKNOWN, POSTGRESQL_TEXT},      {OID_DATE, POSTGRESQL_DAY},      {OID_BOOL, POSTGRESQL_BOOL},
        {OID_TIMESTAMP, POSTGRESQL_INSTANT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].oid == oid) {
            *out_type = known[i].type;
            return true;
        }
    }
    return false;
}

/* The digits, written out as a decimal with an exponent, are read by the one reader of numbers, which rounds once. */
static bool decode_numeric(const uint8_t *bytes, size_t length, double *out_number)
{
    if (length < NUMERIC_HEAD) {
        return false;
    }
    const size_t digits = (size_t)get(bytes, 2);
    const int weight = (int16_t)get(bytes + 2, 2);
    const unsigned sign = (unsigned)get(bytes + 4, 2);
    char decimal[DIGITS_READ_MAX * NUMERIC_DIGITS + 32];
    size_t used = 0;
    if ((sign != 0 && sign != NUMERIC_NEGATIVE) || length != NUMERIC_HEAD + 2 * digits) {
        return false;
    }
    const size_t read = digits < DIGITS_READ_MAX ? digits : DIGITS_READ_MAX; /* 160 decimal digits: far more than a double tells apart */
    decimal[used++] = sign ? '-' : '+';
    decimal[used++] = '0';
    for (size_t i = 0; i < read; i++) {
        used +=
            (size_t)snprintf(decimal + used, sizeof decimal - used, "%04u", (unsigned)get(bytes + NUMERIC_HEAD + 2 * i, 2) % NUMERIC_BASE);
    }
    used += (size_t)snprintf(decimal + used, sizeof decimal - used, "e%d", NUMERIC_DIGITS * (weight + 1 - (int)read));
    return text_to_double((struct text){decimal, used}, out_number);
}

static bool decode_number(Oid oid, const uint8_t *bytes, size_t length, double *out_number)
{
    uint64_t bits = get(bytes, length <= 8 ? length : 0);
    uint32_t half = (uint32_t)bits;
    float narrow = 0;
    if (oid == OID_NUMERIC) {
        return decode_numeric(bytes, length, out_number);
    }
    if (oid == OID_FLOAT4 && length == 4) {
        memcpy(&narrow, &half, sizeof narrow);
        *out_number = (double)narrow;
    } else if (oid == OID_FLOAT8 && length == 8) {
        memcpy(out_number, &bits, sizeof bits);
    } else {
        return false;
    }
    return isfinite(*out_number);
}

static bool decode_whole(Oid oid, const uint8_t *bytes, size_t length, int64_t *out_number)
{
    if (length != 1 && length != 2 && length != 4 && length != 8) {
        return false;
    }
    const uint64_t bits = get(bytes, length);
    *out_number = length == 2 ? (int16_t)bits : length == 4 && oid != OID_OID ? (int32_t)bits : (int64_t)bits;
    return true;
}

/* The ends of the range of date and timestamp are minus and plus infinity. */
static bool shift(Oid oid, int64_t *number)
{
    if (oid == OID_DATE) {
        const bool is_finite = *number != INT32_MIN && *number != INT32_MAX && *number <= INT32_MAX - POSTGRESQL_EPOCH_DAY;
        *number += POSTGRESQL_EPOCH_DAY;
        return is_finite;
    }
    if (oid == OID_TIMESTAMP) {
        const bool is_finite = *number != INT64_MIN && *number <= INT64_MAX - 1 - POSTGRESQL_EPOCH_MICROSECONDS;
        *number = is_finite ? *number + POSTGRESQL_EPOCH_MICROSECONDS : 0;
        return is_finite;
    }
    return true;
}

bool postgresql_decode(Oid oid, const uint8_t *bytes, size_t length, struct postgresql_value *out_value, struct error *err)
{
    struct postgresql_value value = {.type = POSTGRESQL_TEXT};
    bool is_read = postgresql_type_of(oid, &value.type);
    if (is_read && value.type == POSTGRESQL_TEXT) {
        value.text = (struct text){(const char *)bytes, length};
    } else if (is_read && value.type == POSTGRESQL_DOUBLE) {
        is_read = decode_number(oid, bytes, length, &value.number);
    } else if (is_read) {
        is_read = decode_whole(oid, bytes, length, &value.i64) && shift(oid, &value.i64);
    }
    if (!is_read) {
        return FAIL(err, UNSUPPORTED, "the database gave a value that emc2 cannot hold: infinite, no number, or of a type of its own");
    }
    *out_value = value;
    return true;
}

Oid postgresql_parameter(const struct postgresql_value *value, uint8_t out[8], const char **out_bytes, int *out_length)
{
    uint64_t bits = 0;
    static const Oid oids[] = {[POSTGRESQL_I64] = OID_INT8, [POSTGRESQL_DOUBLE] = OID_FLOAT8,     [POSTGRESQL_TEXT] = OID_TEXT,
                               [POSTGRESQL_DAY] = OID_DATE, [POSTGRESQL_INSTANT] = OID_TIMESTAMP, [POSTGRESQL_BOOL] = OID_BOOL};
    *out_bytes = value->is_null ? NULL : (const char *)out;
    *out_length = 8;
    switch (value->type) {
    case POSTGRESQL_I64:
        postgresql_put_u64(out, (uint64_t)value->i64);
        break;
    case POSTGRESQL_DOUBLE:
        memcpy(&bits, &value->number, sizeof bits);
        postgresql_put_u64(out, bits);
        break;
    case POSTGRESQL_TEXT:
        *out_bytes = value->is_null ? NULL : value->text.length ? value->text.data : "";
        *out_length = (int)value->text.length;
        break;
    case POSTGRESQL_DAY:
        postgresql_put_u32(out, (uint32_t)(int32_t)(value->i64 - POSTGRESQL_EPOCH_DAY));
        *out_length = 4;
        break;
    case POSTGRESQL_INSTANT:
        postgresql_put_u64(out, (uint64_t)(value->i64 - POSTGRESQL_EPOCH_MICROSECONDS));
        break;
    case POSTGRESQL_BOOL:
        out[0] = value->i64 != 0;
        *out_length = 1;
        break;
    }
    return oids[value->type];
}

/* ---- numeric ---- */
struct decimal {
    char digits[32];     /* without leading zeros, without a point */
    int count, exponent; /* the value is 0.DIGITS * 10^exponent */
    bool is_negative;
};

/* text_from_double writes "-12.5", "1e+22", "1.5e-07". */
static struct decimal decimal_of(double value)
{
    char text[TEXT_NUMBER_SIZE];
    struct decimal decimal = {.is_negative = value < 0};
    text_from_double(value, text);
    int point = -1, seen = 0;
    const char *at = text + (text[0] == '-');
    for (; *at && *at != 'e'; at++) {
        if (*at == '.') {
            point = seen;
            continue;
        }
        seen++;
        if (decimal.count > 0 || *at != '0') {
            decimal.digits[decimal.count++] = *at;
        }
    }
    int64_t shift = 0;
    const bool has_exponent = *at == 'e', is_read = has_exponent && text_to_i64(text_of(at + 1), &shift);
    assert(has_exponent == is_read); /* text_from_double wrote it */
    decimal.exponent = (point < 0 ? seen : point) - (seen - decimal.count) + (int)shift;
    while (decimal.count > 0 && decimal.digits[decimal.count - 1] == '0') {
        decimal.count--;
    }
    return decimal;
}

static int floor_divide(int number, int by)
{
    return number >= 0 ? number / by : -((by - 1 - number) / by);
}

size_t postgresql_put_numeric(uint8_t out[POSTGRESQL_NUMERIC_MAX * 4], double value)
{
    const struct decimal decimal = decimal_of(value);
    /* The first digit of four holds the place 10^(exponent - 1). */
    const int weight = decimal.count ? floor_divide(decimal.exponent - 1, NUMERIC_DIGITS) : 0;
    const int lead = decimal.count ? NUMERIC_DIGITS * (weight + 1) - decimal.exponent : 0; /* zeros before the first digit */
    const int groups = (lead + decimal.count + NUMERIC_DIGITS - 1) / NUMERIC_DIGITS;
    const int decimals = decimal.count - decimal.exponent > 0 ? decimal.count - decimal.exponent : 0;
    postgresql_put_u16(out, (uint16_t)(decimal.count ? groups : 0));
    postgresql_put_u16(out + 2, (uint16_t)(int16_t)weight);
    postgresql_put_u16(out + 4, decimal.is_negative && decimal.count ? NUMERIC_NEGATIVE : 0);
    postgresql_put_u16(out + 6, (uint16_t)decimals);
    for (int group = 0; decimal.count && group < groups; group++) {
        unsigned digits = 0;
        for (int i = 0; i < NUMERIC_DIGITS; i++) {
            const int place = group * NUMERIC_DIGITS + i - lead;
            digits = digits * 10 + (place >= 0 && place < decimal.count ? (unsigned)(decimal.digits[place] - '0') : 0);
        }
        postgresql_put_u16(out + NUMERIC_HEAD + 2 * (size_t)group, (uint16_t)digits);
    }
    return NUMERIC_HEAD + 2 * (size_t)(decimal.count ? groups : 0);
}
