/* SPDX-License-Identifier: EUPL-1.2 */
/* record: filling, writing and reading entries, and commitments to private texts. A record is read by the general JSON reader, written
 * again and compared: so there is no second definition of what is canonical. */
#include "base/json.h"
#include "trust/ledger/ledger_record.h"
#include <assert.h>
#include <string.h>

enum { RECORD_VERSION = 1 };

static const struct act_facts {
    const char *name, *meaning;
} acts[LEDGER_ACT_COUNT] = {
#define ACT_ROW(NAME, name, meaning) [LEDGER_ACT_##NAME] = {name, meaning},
    LEDGER_ACT_TABLE(ACT_ROW)
#undef ACT_ROW
};

const char *ledger_act_name(enum ledger_act act)
{
    return (size_t)act < LEDGER_ACT_COUNT ? acts[act].name : "";
}

const char *ledger_act_meaning(enum ledger_act act)
{
    return (size_t)act < LEDGER_ACT_COUNT ? acts[act].meaning : "";
}

bool ledger_act_from_name(struct text name, enum ledger_act *out_act)
{
    for (size_t i = 0; i < LEDGER_ACT_COUNT; i++) {
        if (text_equal(name, text_of(acts[i].name))) {
            *out_act = (enum ledger_act)i;
            return true;
        }
    }
    return false;
}

/* ---- words and names: nothing that JSON would have to escape ---- */

static bool consists_of(struct text text, const char *others, bool with_capitals, size_t length_max)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (with_capitals && c >= 'A' && c <= 'Z');
        if (!is_plain && (c == '\0' || !strchr(others, c))) {
            return false;
        }
    }
    return text.length > 0 && text.length <= length_max;
}

static bool is_word(struct text text)
{
    return consists_of(text, "._:/@+-", true, LEDGER_WORD_SIZE - 1);
}

static bool is_name(struct text text)
{
    return consists_of(text, "_", false, LEDGER_NAME_SIZE - 1);
}

static bool set_word(char *out, size_t size, struct text word, struct error *err)
{
    if (!is_word(word) || !text_copy(out, size, word)) {
        FAIL(err, INVALID_ARGUMENT, "a word in the log has 1 to %d letters, digits and . _ : / @ + -", LEDGER_WORD_SIZE - 1);
        return error_hint(err, "put other texts into a private part");
    }
    return true;
}

static bool set_name(char out[LEDGER_NAME_SIZE], struct text name, struct error *err)
{
    if (!is_name(name) || !text_copy(out, LEDGER_NAME_SIZE, name)) {
        return FAIL(err, INVALID_ARGUMENT, "a name in the log has 1 to %d small letters, digits and _", LEDGER_NAME_SIZE - 1);
    }
    return true;
}

/* ---- filling ---- */

bool ledger_record_begin(struct ledger_record *out_record, enum ledger_act act, const char *actor, int64_t unix_seconds, struct error *err)
{
    struct ledger_record record = {.time = unix_seconds, .act = act};
    assert((size_t)act < LEDGER_ACT_COUNT);
    if (unix_seconds < 0 || unix_seconds > LEDGER_NUMBER_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "the time of an entry is before 1970 or absurd");
    }
    TRY(set_word(record.actor, sizeof record.actor, text_of(actor), err));
    *out_record = record;
    return true;
}

void ledger_record_grant(struct ledger_record *record, const struct crypto_hash *grant)
{
    record->has_grant = true;
    record->grant = *grant;
}

void ledger_record_object(struct ledger_record *record, const struct crypto_hash *object)
{
    record->has_object = true;
    record->object = *object;
}

static bool name_check(const struct ledger_record *record, const char *name, bool is_private, struct error *err)
{
    unsigned count = is_private ? record->private_count : record->fact_count;
    if (count == (is_private ? LEDGER_PRIVATE_MAX : LEDGER_FACTS_MAX)) {
        return FAIL(err, INVALID_ARGUMENT, "an entry has at most %d facts and %d private parts", LEDGER_FACTS_MAX, LEDGER_PRIVATE_MAX);
    }
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(is_private ? record->privates[i].name : record->facts[i].name, name) == 0) {
            return FAIL(err, INVALID_ARGUMENT, "an entry names %s twice", name);
        }
    }
    return true;
}

bool ledger_record_number(struct ledger_record *record, const char *name, int64_t number, struct error *err)
{
    struct ledger_fact fact = {.is_number = true, .number = number};
    TRY(set_name(fact.name, text_of(name), err) && name_check(record, name, false, err));
    if (number < -LEDGER_NUMBER_MAX || number > LEDGER_NUMBER_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a number in the log is between -(2^53 - 1) and 2^53 - 1");
    }
    record->facts[record->fact_count++] = fact;
    return true;
}

bool ledger_record_word(struct ledger_record *record, const char *name, const char *word, struct error *err)
{
    struct ledger_fact fact = {.is_number = false};
    TRY(set_name(fact.name, text_of(name), err) && name_check(record, name, false, err));
    TRY(set_word(fact.word, sizeof fact.word, text_of(word), err));
    record->facts[record->fact_count++] = fact;
    return true;
}

/* ---- commitments ---- */

static struct crypto_hash commitment_of(const struct ledger_opening *opening)
{
    uint8_t bytes[LEDGER_SALT_SIZE + LEDGER_NAME_SIZE + LEDGER_OPENING_TEXT_MAX];
    size_t name_length = strlen(opening->name) + 1; /* with the NUL: the 0x00 of the definition */
    size_t length = LEDGER_SALT_SIZE + name_length + opening->text.length;
    memcpy(bytes, opening->salt, LEDGER_SALT_SIZE);
    memcpy(bytes + LEDGER_SALT_SIZE, opening->name, name_length);
    if (opening->text.length > 0) {
        memcpy(bytes + LEDGER_SALT_SIZE + name_length, opening->text.data, opening->text.length);
    }
    struct crypto_hash hash = crypto_sha256_of(bytes, length);
    crypto_wipe(bytes, length);
    return hash;
}

bool ledger_record_commit(struct ledger_record *record, const char *name, struct text text, struct ledger_opening *out_opening,
                          struct error *err)
{
    struct ledger_opening opening = {.text = text};
    TRY(set_name(opening.name, text_of(name), err) && name_check(record, name, true, err));
    if (text.length > LEDGER_OPENING_TEXT_MAX || !text_is_utf8(text)) {
        return FAIL(err, INVALID_ARGUMENT, "a private part of an entry is UTF-8 of at most %d bytes", LEDGER_OPENING_TEXT_MAX);
    }
    crypto_random(opening.salt, sizeof opening.salt);
    struct ledger_commitment *commitment = &record->privates[record->private_count++];
    memcpy(commitment->name, opening.name, sizeof commitment->name);
    commitment->hash = commitment_of(&opening);
    *out_opening = opening;
    return true;
}

bool ledger_record_opening_check(const struct ledger_record *record, const struct ledger_opening *opening)
{
    for (unsigned i = 0; i < record->private_count && opening->text.length <= LEDGER_OPENING_TEXT_MAX; i++) {
        if (strcmp(record->privates[i].name, opening->name) == 0) {
            struct crypto_hash hash = commitment_of(opening);
            return crypto_equal(hash.bytes, record->privates[i].hash.bytes, CRYPTO_HASH_SIZE);
        }
    }
    return false;
}

/* ---- writing ---- */

static bool print_hash(struct json_writer *writer, const char *name, bool is_there, const struct crypto_hash *hash, struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, hash->bytes, CRYPTO_HASH_SIZE);
    return json_name(writer, name, err) && (is_there ? json_text(writer, text_of(hex), err) : json_null(writer, err));
}

static bool print_facts(struct json_writer *writer, const struct ledger_record *record, struct error *err)
{
    TRY(json_name(writer, "facts", err) && json_begin_object(writer, err));
    for (unsigned i = 0; i < record->fact_count; i++) {
        const struct ledger_fact *fact = &record->facts[i];
        TRY(json_name(writer, fact->name, err));
        TRY(fact->is_number ? json_i64(writer, fact->number, err) : json_text(writer, text_of(fact->word), err));
    }
    return json_end_object(writer, err);
}

bool ledger_record_print(const struct ledger_record *record, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "v", err) && json_i64(&writer, RECORD_VERSION, err));
    TRY(json_name(&writer, "time", err) && json_i64(&writer, record->time, err));
    TRY(json_name(&writer, "actor", err) && json_text(&writer, text_of(record->actor), err));
    TRY(json_name(&writer, "act", err) && json_text(&writer, text_of(ledger_act_name(record->act)), err));
    TRY(print_hash(&writer, "grant", record->has_grant, &record->grant, err));
    TRY(print_hash(&writer, "object", record->has_object, &record->object, err));
    TRY(print_facts(&writer, record, err));
    TRY(json_name(&writer, "private", err) && json_begin_object(&writer, err));
    for (unsigned i = 0; i < record->private_count; i++) {
        TRY(print_hash(&writer, record->privates[i].name, true, &record->privates[i].hash, err));
    }
    return json_end_object(&writer, err) && json_end_object(&writer, err);
}

/* ---- reading ---- */

static bool fail_record(struct error *err, const char *why)
{
    return FAIL(err, INVALID_INPUT, "this is no record of a log: %s", why);
}

static bool take_hash(const struct json *object, const char *name, bool *out_is_there, struct crypto_hash *out_hash)
{
    const struct json *value = json_member(object, name);
    *out_is_there = value && value->kind == JSON_STRING;
    if (*out_is_there) {
        return value->text.length == 2 * CRYPTO_HASH_SIZE && crypto_from_hex(out_hash->bytes, CRYPTO_HASH_SIZE, value->text.data);
    }
    return value && value->kind == JSON_NULL;
}

static bool take_facts(const struct json *facts, struct ledger_record *record, struct error *err)
{
    if (!facts || facts->kind != JSON_OBJECT || facts->count > LEDGER_FACTS_MAX) {
        return fail_record(err, "its facts are no object, or too many");
    }
    for (size_t i = 0; i < facts->count; i++) {
        const struct json *value = &facts->items[i];
        char name[LEDGER_NAME_SIZE], word[LEDGER_WORD_SIZE];
        TRY(set_name(name, facts->names[i], err));
        if (value->kind == JSON_INTEGER) {
            TRY(ledger_record_number(record, name, value->integer, err));
        } else {
            TRY(set_word(word, sizeof word, value->kind == JSON_STRING ? value->text : TEXT(""), err));
            TRY(ledger_record_word(record, name, word, err));
        }
    }
    return true;
}

static bool take_privates(const struct json *privates, struct ledger_record *record, struct error *err)
{
    if (!privates || privates->kind != JSON_OBJECT || privates->count > LEDGER_PRIVATE_MAX) {
        return fail_record(err, "its private parts are no object, or too many");
    }
    for (size_t i = 0; i < privates->count; i++) {
        struct ledger_commitment *commitment = &record->privates[i];
        const struct json *value = &privates->items[i];
        TRY(set_name(commitment->name, privates->names[i], err) && name_check(record, commitment->name, true, err));
        if (value->kind != JSON_STRING || value->text.length != 2 * CRYPTO_HASH_SIZE ||
            !crypto_from_hex(commitment->hash.bytes, CRYPTO_HASH_SIZE, value->text.data)) {
            return fail_record(err, "a commitment is no hash");
        }
        record->private_count++;
    }
    return true;
}

static bool take_members(const struct json *root, struct ledger_record *record, struct error *err)
{
    const struct json *version = json_member(root, "v"), *time = json_member(root, "time"), *actor = json_member(root, "actor"),
                      *act = json_member(root, "act");
    enum ledger_act known;
    char word[LEDGER_ACTOR_SIZE];
    if (!version || version->kind != JSON_INTEGER || !time || time->kind != JSON_INTEGER || !actor || actor->kind != JSON_STRING || !act ||
        act->kind != JSON_STRING) {
        return fail_record(err, "version, time, actor or act is missing");
    }
    if (version->integer != RECORD_VERSION || !ledger_act_from_name(act->text, &known)) {
        return FAIL(err, UNSUPPORTED, "an entry of the log has a version or an act that this emc2 does not know");
    }
    TRY(set_word(word, sizeof word, actor->text, err));
    TRY(ledger_record_begin(record, known, word, time->integer, err));
    if (!take_hash(root, "grant", &record->has_grant, &record->grant) || !take_hash(root, "object", &record->has_object, &record->object)) {
        return fail_record(err, "its grant or object is no hash");
    }
    return take_facts(json_member(root, "facts"), record, err) && take_privates(json_member(root, "private"), record, err);
}

bool ledger_record_parse(struct ledger_record *out_record, struct text bytes, struct arena *scratch, struct error *err)
{
    CLEANUP(buffer_value) struct buffer again = {.maximum = LEDGER_RECORD_BYTES_MAX};
    const struct json *root;
    struct ledger_record record;
    if (bytes.length > LEDGER_RECORD_BYTES_MAX) {
        return fail_record(err, "it is too long");
    }
    TRY(json_parse(&root, scratch, "entry", bytes.data, bytes.length, err));
    if (!take_members(root, &record, err)) {
        if (err) {
            err->code = err->code == ERROR_INVALID_ARGUMENT ? ERROR_INVALID_INPUT : err->code; /* the words came from outside */
        }
        return false;
    }
    TRY(ledger_record_print(&record, &again, err));
    if (again.length != bytes.length || memcmp(again.data, bytes.data, bytes.length) != 0) {
        return fail_record(err, "its bytes are not in the one form that a record has");
    }
    *out_record = record;
    return true;
}
