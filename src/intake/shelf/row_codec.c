/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows are written field by field as they are present: a delivery is written once and read in order, nothing is sought in it. */
#include "intake/shelf/row_codec.h"
#include "trust/keys/keys_pseudonym.h"
#include <string.h>

enum row_part { PART_VISIT = 1, PART_PARENT = 2, PART_SYSTEM = 4, PART_PLACE = 8, PART_SPECIALTY = 16, PART_ALL = 31 };
enum { LENGTH_SIZE = 2, TEXT_MAX = 255, FIXED = 20, TEXT_ROOM = TEXT_MAX + 2, VALUE_ROOM = TEXT_MAX + 10 };

/* ---- writing: room is taken once a row ---- */
struct pen {
    uint8_t *at;
};
static void put_varint(struct pen *pen, uint64_t value)
{
    while (value >= 0x80) {
        *pen->at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *pen->at++ = (uint8_t)value;
}
static void put_signed(struct pen *pen, int64_t value)
{
    put_varint(pen, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}
static void put_u64(struct pen *pen, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        *pen->at++ = (uint8_t)(value >> 8 * i);
    }
}
static void put_text(struct pen *pen, struct text text)
{
    const size_t length = text.length < TEXT_MAX ? text.length : TEXT_MAX;
    put_varint(pen, length);
    if (length) {
        memcpy(pen->at, text.data, length);
        pen->at += length;
    }
}
static void put_value(struct pen *pen, enum omop_type type, const union standard_value *value)
{
    uint64_t bits;
    switch (type) {
    case OMOP_INTEGER:
    case OMOP_DATETIME:
        put_signed(pen, value->integer);
        break;
    case OMOP_DATE:
        put_signed(pen, value->day);
        break;
    case OMOP_FLOAT:
        memcpy(&bits, &value->number, sizeof bits);
        put_u64(pen, bits);
        break;
    case OMOP_TEXT:
        put_text(pen, value->text);
        break;
    default:
        break;
    }
}

bool row_encode(struct buffer *out, const struct standard_row *row, struct error *err)
{
    const int fields = standard_row_fields(row->table);
    TRY(buffer_reserve(out, FIXED + 2 * 8 + 2 * 8 + 3 * TEXT_ROOM + 10 + (size_t)fields * VALUE_ROOM, err));
    struct pen pen = {out->data + out->length + LENGTH_SIZE};
    const unsigned parts = (row->visit ? PART_VISIT : 0U) | (row->parent ? PART_PARENT : 0U) | (row->system.length ? PART_SYSTEM : 0U) |
                           (row->place.length ? PART_PLACE : 0U) | (row->specialty.length ? PART_SPECIALTY : 0U);
    *pen.at++ = (uint8_t)row->kind;
    *pen.at++ = (uint8_t)parts;
    put_varint(&pen, row->sequence);
    put_u64(&pen, (uint64_t)row->subject);
    put_u64(&pen, (uint64_t)row->record);
    if (row->visit) {
        put_u64(&pen, (uint64_t)row->visit);
    }
    if (row->parent) {
        put_u64(&pen, (uint64_t)row->parent);
    }
    const struct text texts[3] = {row->system, row->place, row->specialty};
    for (int i = 0; i < 3; i++) {
        if (texts[i].length) {
            put_text(&pen, texts[i]);
        }
    }
    put_varint(&pen, row->present);
    for (int field = 0; field < fields; field++) {
        if (standard_row_has(row, field)) {
            put_value(&pen, standard_row_type(row->table, field), &row->values[field]);
        }
    }
    const size_t length = (size_t)(pen.at - out->data) - out->length - LENGTH_SIZE;
    out->data[out->length] = (uint8_t)length;
    out->data[out->length + 1] = (uint8_t)(length >> 8);
    out->length += LENGTH_SIZE + length;
    return true;
}

/* ---- reading ---- */
static bool take_varint(struct cursor *cursor, uint64_t *out_value, struct error *err)
{
    if (cursor->position < cursor->length && cursor->data[cursor->position] < 0x80) { /* most are short */
        *out_value = cursor->data[cursor->position++];
        return true;
    }
    return cursor_varint(cursor, out_value, err);
}
static bool take_signed(struct cursor *cursor, int64_t *out_value, struct error *err)
{
    uint64_t value = 0;
    TRY(take_varint(cursor, &value, err));
    *out_value = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    return true;
}
static bool take_number(struct cursor *cursor, int64_t *out_value, struct error *err)
{
    uint64_t value = 0;
    TRY(cursor_u64(cursor, &value, err));
    *out_value = (int64_t)value;
    return true;
}
static bool take_text(struct cursor *cursor, struct text *out_text, struct error *err)
{
    uint64_t length = 0;
    const uint8_t *bytes = NULL;
    TRY(take_varint(cursor, &length, err));
    if (length > TEXT_MAX) {
        return FAIL(err, CORRUPT, "a text on a shelf is too long");
    }
    TRY(cursor_bytes(cursor, (size_t)length, &bytes, err));
    *out_text = (struct text){(const char *)bytes, (size_t)length};
    return true;
}
static bool take_value(struct cursor *cursor, enum omop_type type, union standard_value *out_value, struct error *err)
{
    int64_t number = 0;
    switch (type) {
    case OMOP_TEXT:
        return take_text(cursor, &out_value->text, err);
    case OMOP_FLOAT:
        TRY(take_number(cursor, &number, err));
        memcpy(&out_value->number, &number, sizeof number);
        return true;
    case OMOP_DATE:
        TRY(take_signed(cursor, &number, err));
        if (number < INT32_MIN || number > INT32_MAX) {
            return FAIL(err, CORRUPT, "a day on a shelf is none");
        }
        out_value->day = (int32_t)number;
        return true;
    case OMOP_INTEGER:
    case OMOP_DATETIME:
    default:
        return take_signed(cursor, &out_value->integer, err);
    }
}

static bool take_head(struct cursor *cursor, struct standard_row *row, struct error *err)
{
    uint8_t kind = 0, parts = 0;
    uint64_t sequence = 0;
    TRY(cursor_u8(cursor, &kind, err) && cursor_u8(cursor, &parts, err) && take_varint(cursor, &sequence, err));
    if (kind >= RECORD_TABLE_COUNT || parts > PART_ALL || sequence > UINT16_MAX) {
        return FAIL(err, CORRUPT, "a row on a shelf is not well formed");
    }
    row->kind = (enum record_table)kind;
    row->sequence = (uint16_t)sequence;
    row->visit = row->parent = 0;
    row->system = row->place = row->specialty = TEXT("");
    TRY(take_number(cursor, &row->subject, err) && take_number(cursor, &row->record, err));
    TRY(!(parts & PART_VISIT) || take_number(cursor, &row->visit, err));
    TRY(!(parts & PART_PARENT) || take_number(cursor, &row->parent, err));
    TRY(!(parts & PART_SYSTEM) || take_text(cursor, &row->system, err));
    TRY(!(parts & PART_PLACE) || take_text(cursor, &row->place, err));
    return !(parts & PART_SPECIALTY) || take_text(cursor, &row->specialty, err);
}

static bool take_length(struct cursor *cursor, size_t *out_length, struct error *err)
{
    uint8_t low = 0, high = 0;
    TRY(cursor_u8(cursor, &low, err) && cursor_u8(cursor, &high, err));
    *out_length = (size_t)low | (size_t)high << 8;
    return *out_length <= cursor->length - cursor->position || FAIL(err, CORRUPT, "a row on a shelf is cut short");
}

bool row_peek(struct cursor *cursor, int64_t *out_subject, size_t *out_end, struct error *err)
{
    struct cursor ahead = *cursor;
    uint8_t kind = 0, parts = 0;
    uint64_t sequence = 0;
    size_t length = 0;
    TRY(take_length(&ahead, &length, err));
    *out_end = ahead.position + length;
    TRY(cursor_u8(&ahead, &kind, err) && cursor_u8(&ahead, &parts, err) && take_varint(&ahead, &sequence, err));
    return take_number(&ahead, out_subject, err);
}

static bool take_values(struct cursor *cursor, int table, struct standard_row *out_row, struct error *err)
{
    const int fields = standard_row_fields(table);
    uint64_t present = 0;
    out_row->table = table;
    TRY(take_head(cursor, out_row, err));
    TRY(take_varint(cursor, &present, err));
    if (present >> fields) {
        return FAIL(err, CORRUPT, "a row on a shelf has a field that its table has not");
    }
    out_row->present = (uint32_t)present;
    for (int field = 0; field < fields; field++) {
        if (standard_row_has(out_row, field)) {
            TRY(take_value(cursor, standard_row_type(table, field), &out_row->values[field], err));
        }
    }
    return true;
}

bool row_decode(struct cursor *cursor, int table, struct standard_row *out_row, struct error *err)
{
    size_t length = 0;
    TRY(take_length(cursor, &length, err));
    const size_t end = cursor->position + length;
    TRY(take_values(cursor, table, out_row, err));
    return cursor->position == end || FAIL(err, CORRUPT, "a row on a shelf has another length than it says");
}

bool tokens_encode(struct buffer *out, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    if (count == 0 || count > SHELF_TOKENS_MAX) {
        return FAIL(err, INTERNAL, "a subject with %zu tokens", count);
    }
    TRY(buffer_reserve(out, 9 + (1 + CRYPTO_ELEMENT_SIZE) * count, err));
    struct pen pen = {out->data + out->length};
    put_u64(&pen, (uint64_t)subject);
    *pen.at++ = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        *pen.at++ = tokens[i].kind;
        memcpy(pen.at, tokens[i].element, CRYPTO_ELEMENT_SIZE);
        pen.at += CRYPTO_ELEMENT_SIZE;
    }
    out->length = (size_t)(pen.at - out->data);
    return true;
}

bool tokens_decode(struct cursor *cursor, int64_t *out_subject, struct shelf_token out_tokens[SHELF_TOKENS_MAX], size_t *out_count,
                   struct error *err)
{
    uint8_t count = 0;
    TRY(take_number(cursor, out_subject, err) && cursor_u8(cursor, &count, err));
    if (count == 0 || count > SHELF_TOKENS_MAX) {
        return FAIL(err, CORRUPT, "a subject on a shelf has no tokens, or too many");
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *element = NULL;
        TRY(cursor_u8(cursor, &out_tokens[i].kind, err) && cursor_bytes(cursor, CRYPTO_ELEMENT_SIZE, &element, err));
        memcpy(out_tokens[i].element, element, CRYPTO_ELEMENT_SIZE);
        out_tokens[i].fingerprint = key_pseudonym_fingerprint(element);
    }
    *out_count = count;
    return true;
}
