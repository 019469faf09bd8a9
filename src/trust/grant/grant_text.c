/* SPDX-License-Identifier: EUPL-1.2 */
/* grant_text: a grant as JSON, and back. One table of members drives both ways, so that what is printed is what is read. */
#include "base/json.h"
#include "base/text.h"
#include "trust/grant/grant.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { GRANT_VERSION = 1, GRANT_BYTES_MAX = 1 << 16, HEX_MAX = 2 * CRYPTO_SIGNATURE_SIZE + 1 };

enum member_kind { MEMBER_BYTES, MEMBER_TEXT, MEMBER_TIME, MEMBER_ACTIONS, MEMBER_TABLES };
static const struct member {
    const char *name;
    enum member_kind kind;
    size_t offset, size;
} members[] = {
#define MEMBER(field, kind)                                                           \
    {                                                                                 \
#field, kind, offsetof(struct grant, field), sizeof((struct grant *)0)->field \
    }
    MEMBER(store_id, MEMBER_BYTES),  MEMBER(project, MEMBER_TEXT),  MEMBER(purpose, MEMBER_TEXT),    MEMBER(holder, MEMBER_TEXT),
    MEMBER(actions, MEMBER_ACTIONS), MEMBER(tables, MEMBER_TABLES), MEMBER(not_before, MEMBER_TIME), MEMBER(not_after, MEMBER_TIME),
    MEMBER(nonce, MEMBER_BYTES),     MEMBER(issuer, MEMBER_BYTES),  MEMBER(signature, MEMBER_BYTES),
#undef MEMBER
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

static const char *const action_names[] = {"count", "rows", "load", "export", "verify", "erase", "pseudonymise"};
enum { ACTION_COUNT = sizeof action_names / sizeof *action_names };

/* ---- printing ---- */
static bool print_actions(struct json_writer *writer, uint32_t actions, struct error *err)
{
    TRY(json_begin_array(writer, err));
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        if (actions >> i & 1) {
            TRY(json_text(writer, text_of(action_names[i]), err));
        }
    }
    return json_end_array(writer, err);
}

static bool print_member(struct json_writer *writer, const struct member *member, const struct grant *grant, struct error *err)
{
    const uint8_t *value = (const uint8_t *)grant + member->offset;
    char hex[HEX_MAX];
    TRY(json_name(writer, member->name, err));
    switch (member->kind) {
    case MEMBER_BYTES:
        crypto_hex(hex, value, member->size);
        return json_text(writer, text_of(hex), err);
    case MEMBER_TEXT:
        return json_text(writer, (struct text){(const char *)value, strnlen((const char *)value, member->size)}, err);
    case MEMBER_TIME: {
        int64_t seconds;
        memcpy(&seconds, value, sizeof seconds);
        return json_i64(writer, seconds, err);
    }
    case MEMBER_ACTIONS:
        return print_actions(writer, grant->actions, err);
    case MEMBER_TABLES: /* 64 bits are more than a JSON integer holds everywhere */
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)grant->tables);
        return json_text(writer, text_of(hex), err);
    }
    return FAIL(err, INTERNAL, "a member of a grant has no kind");
}

bool grant_print(const struct grant *grant, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "format", err));
    TRY(json_text(&writer, TEXT("emc2 grant"), err));
    TRY(json_name(&writer, "version", err));
    TRY(json_i64(&writer, GRANT_VERSION, err));
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        TRY(print_member(&writer, &members[i], grant, err));
    }
    TRY(json_end_object(&writer, err));
    return buffer_append_text(out, "\n", err);
}

/* ---- reading ---- */
static bool refuse(const char *name, const char *member, const char *expected, struct error *err)
{
    FAIL(err, INVALID_INPUT, "%s is not a grant: \"%s\" must be %s", name, member, expected);
    return error_hint(err, "take the file as `emc2` printed it; a grant cannot be edited, its signature covers every value");
}

static bool read_action(const struct json *json, uint32_t *actions)
{
    for (unsigned i = 0; json->kind == JSON_STRING && i < ACTION_COUNT; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (text_equal(json->text, text_of(action_names[i])) && *actions < bit) { /* in order, each once */
            *actions |= bit;
            return true;
        }
    }
    return false;
}

static bool read_actions(const struct json *json, uint32_t *out_actions)
{
    uint32_t actions = 0;
    for (size_t i = 0; json->kind == JSON_ARRAY && i < json->count; i++) {
        if (!read_action(&json->items[i], &actions)) {
            return false;
        }
    }
    *out_actions = actions;
    return json->kind == JSON_ARRAY;
}

static bool read_tables(const struct json *json, uint64_t *out_tables)
{
    uint8_t bytes[8];
    if (json->kind != JSON_STRING || json->text.length != 16 || !crypto_from_hex(bytes, sizeof bytes, json->text.data)) {
        return false;
    }
    *out_tables = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        *out_tables = *out_tables << 8 | bytes[i];
    }
    return true;
}

static bool has_no_nul(struct text text)
{
    return !memchr(text.data, 0, text.length);
}

static bool read_member(const struct json *json, const struct member *member, const char *name, struct grant *grant, struct error *err)
{
    uint8_t *value = (uint8_t *)grant + member->offset;
    bool is_text = json && json->kind == JSON_STRING && has_no_nul(json->text);
    if (!json) {
        return refuse(name, member->name, "there", err);
    }
    switch (member->kind) {
    case MEMBER_BYTES:
        return is_text && crypto_from_hex(value, member->size, json->text.data)
                   ? true
                   : refuse(name, member->name, "bytes in lower-case hexadecimal of the right length", err);
    case MEMBER_TEXT:
        return is_text && text_copy((char *)value, member->size, json->text)
                   ? true
                   : refuse(name, member->name, "a text of at most 127 bytes", err);
    case MEMBER_TIME:
        if (json->kind != JSON_INTEGER) {
            return refuse(name, member->name, "a whole number of seconds since 1970", err);
        }
        memcpy(value, &json->integer, sizeof json->integer);
        return true;
    case MEMBER_ACTIONS:
        return read_actions(json, &grant->actions) ? true : refuse(name, member->name, "a list of known actions in their order", err);
    case MEMBER_TABLES:
        return is_text && read_tables(json, &grant->tables) ? true : refuse(name, member->name, "16 hexadecimal digits", err);
    }
    return FAIL(err, INTERNAL, "a member of a grant has no kind");
}

static bool read_head(const struct json *root, const char *name, struct error *err)
{
    const struct json *format = json_member(root, "format"), *version = json_member(root, "version");
    if (!format || format->kind != JSON_STRING || !text_equal(format->text, TEXT("emc2 grant"))) {
        return refuse(name, "format", "\"emc2 grant\"", err);
    }
    if (!version || version->kind != JSON_INTEGER || version->integer != GRANT_VERSION) {
        return refuse(name, "version", "1", err);
    }
    return true;
}

bool grant_read(struct grant *out_grant, const char *name, const void *bytes, size_t length, struct error *err)
{
    if (length > GRANT_BYTES_MAX) {
        return FAIL(err, LIMIT, "%s is too long to be a grant", name);
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    struct grant grant = {.actions = 0};
    TRY(json_parse(&root, scratch, name, bytes, length, err));
    TRY(read_head(root, name, err));
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        TRY(read_member(json_member(root, members[i].name), &members[i], name, &grant, err));
    }
    if (root->count != MEMBER_COUNT + 2) { /* each name was found, so one more is unknown or double */
        return refuse(name, "format", "followed by the members of a grant, each once, and by nothing else", err);
    }
    *out_grant = grant;
    return true;
}
