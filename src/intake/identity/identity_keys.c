/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_keys: from traits to keys. All that says who somebody is lies in `struct desk`, in locked memory. */
#include "intake/identity/identity_keys.h"
#include "intake/identity/birth.h"
#include "intake/identity/identity_internal.h"
#include "intake/identity/identity_names.h"
#include "intake/identity/nir.h"
#include "intake/identity/phonetic.h"
#include <stdlib.h>
#include <string.h>

enum { SOUND_MAX = 40, NAME_KEPT = 48 }; /* letters that count: IDENTITY_KEY_TEXT_MAX holds two of them and the rest */

struct key_text {
    uint16_t length;
    uint8_t kind;
    char bytes[IDENTITY_KEY_TEXT_MAX];
};
/* One name with its sound. */
struct word {
    size_t length, sound_length;
    char letters[NAME_SIZE], sound[PHONETIC_SIZE];
};
struct desk {
    struct key_text texts[IDENTITY_KEY_KINDS];
    struct nir own, insured;
    struct word birth_name, used_name, given, second_given;
    struct birth_date date;
    char words[NAME_SIZE], other_words[NAME_SIZE];
    char date_text[BIRTH_DATE_LENGTH];
    char place[BIRTH_PLACE_LENGTH];
    bool has_own, has_insured, has_date, has_place;
    enum birth_sex sex;
};
struct identity_keys {
    struct secret *memory;
    struct desk *desk;
    size_t count;
    struct identity_outline outline;
};

bool identity_keys_create(struct identity_keys **out_keys, struct error *err)
{
    struct secret *memory;
    TRY(secret_create(&memory, sizeof(struct desk), err));
    struct identity_keys *keys = calloc(1, sizeof *keys);
    if (!keys) {
        secret_destroy(memory);
        return FAIL(err, INTERNAL, "out of memory");
    }
    keys->memory = memory;
    keys->desk = (struct desk *)(void *)secret_bytes(memory);
    *out_keys = keys;
    return true;
}

void identity_keys_destroy(struct identity_keys *keys)
{
    if (keys) {
        secret_destroy(keys->memory);
        free(keys);
    }
}

void identity_keys_wipe(struct identity_keys *keys)
{
    crypto_wipe(keys->desk, sizeof *keys->desk);
    keys->count = 0;
    keys->outline = (struct identity_outline){0};
}

static const char *const kind_names[] = {
#define X(NAME, name, SPACE, space, meaning, sens) name,
    IDENTITY_KEYS(X)
#undef X
};
static const char *const kind_space_names[] = {
#define X(NAME, name, SPACE, space, meaning, sens) space,
    IDENTITY_KEYS(X)
#undef X
};
static const enum identity_key_space kind_spaces[] = {
#define X(NAME, name, SPACE, space, meaning, sens) IDENTITY_SPACE_##SPACE,
    IDENTITY_KEYS(X)
#undef X
};
const char *identity_key_name(enum identity_key_kind kind)
{
    return kind_names[kind - 1];
}

enum identity_key_space identity_key_space(enum identity_key_kind kind)
{
    return kind_spaces[kind - 1];
}

const char *identity_flag_name(unsigned bit)
{
    static const char *const names[IDENTITY_FLAG_COUNT] = {
        "nir_missing",   "nir_form",     "nir_key_wrong", "nir_provisional", "nir_fictive",  "nir_of_other",
        "test_identity", "name_missing", "given_missing", "date_missing",    "date_partial", "date_lunar",
        "date_default",  "sex_missing",  "place_missing", "place_postal",    "twin",
    };
    return bit < IDENTITY_FLAG_COUNT ? names[bit] : "";
}

size_t identity_keys_count(const struct identity_keys *keys)
{
    return keys->count;
}

enum identity_key_kind identity_keys_kind(const struct identity_keys *keys, size_t index)
{
    return (enum identity_key_kind)keys->desk->texts[index].kind;
}

struct text identity_keys_text(const struct identity_keys *keys, size_t index)
{
    return (struct text){keys->desk->texts[index].bytes, keys->desk->texts[index].length};
}

const struct identity_outline *identity_keys_outline(const struct identity_keys *keys)
{
    return &keys->outline;
}

static struct text trait(const struct identity *identity, enum identity_trait which)
{
    return identifying_text(&identity->traits[which]);
}

/* A key is its space and its parts, with | between. Parts are of A to Z, 0 to 9 only, so that | cannot be in them. */
static void key_add(struct identity_keys *keys, enum identity_key_kind kind, const struct text *parts, size_t count)
{
    struct key_text *text = &keys->desk->texts[keys->count++];
    text->kind = (uint8_t)kind;
    text->length = 0;
    const char *space = kind_space_names[kind - 1];
    memcpy(text->bytes, space, strlen(space));
    text->length = (uint16_t)strlen(space);
    for (size_t i = 0; i < count; i++) {
        text->bytes[text->length++] = '|';
        memcpy(text->bytes + text->length, parts[i].data, parts[i].length);
        text->length = (uint16_t)(text->length + parts[i].length);
    }
}
#define KEY_ADD(keys, kind, ...)                                      \
    do {                                                              \
        const struct text parts[] = {__VA_ARGS__};                    \
        key_add((keys), (kind), parts, sizeof parts / sizeof *parts); \
    } while (0)

static struct text letters_of(const struct word *word)
{
    return (struct text){word->letters, word->length < NAME_KEPT ? word->length : NAME_KEPT};
}

static struct text sound_of(const struct word *word)
{
    return (struct text){word->sound, word->sound_length < SOUND_MAX ? word->sound_length : SOUND_MAX};
}

static void word_sound(struct word *word)
{
    word->sound_length = phonetic_phonex((struct text){word->letters, word->length}, word->sound);
}

static void word_join(struct word *word, struct text words)
{
    word->length = name_is_placeholder(words) ? 0 : name_joined(words, word->letters);
    word_sound(word);
}

/* Birth and used name out of two fields, either of which may say both. */
static void names_take(struct identity_keys *keys, const struct identity *identity, uint32_t *flags)
{
    struct desk *desk = keys->desk;
    desk->words[0] = desk->other_words[0] = '\0';
    const size_t birth_length = name_words(trait(identity, IDENTITY_BIRTH_NAME), false, desk->words);
    const size_t used_length = name_words(trait(identity, IDENTITY_USED_NAME), false, desk->other_words);
    const struct name_parts first = name_split((struct text){desk->words, birth_length});
    const struct name_parts second = name_split((struct text){desk->other_words, used_length});
    const bool second_says_both = second.birth.length > 0 && second.used.length > 0;
    struct text birth = first.birth, used = second_says_both ? second.used : second.birth;
    if (birth.length == 0) {
        birth = second.birth;
    }
    if (used.length == 0) {
        used = first.used;
    }
    word_join(&desk->birth_name, birth);
    word_join(&desk->used_name, used);
    if (text_equal(letters_of(&desk->birth_name), letters_of(&desk->used_name))) {
        desk->used_name.length = 0;
    } else if (desk->birth_name.length == 0) {
        desk->birth_name = desk->used_name;
        desk->used_name.length = 0;
    }
    *flags |= desk->birth_name.length == 0 ? IDENTITY_NAME_MISSING : 0;

    const bool has_list = identity_has(identity, IDENTITY_GIVEN_NAMES);
    const struct text given = trait(identity, has_list ? IDENTITY_GIVEN_NAMES : IDENTITY_USED_GIVEN_NAME);
    const size_t given_length = name_words(given, true, desk->words);
    const struct text given_words = {desk->words, given_length}, none = {0};
    word_join(&desk->given, name_is_placeholder(given_words) ? none : name_first_given(given_words));
    word_join(&desk->second_given, desk->given.length == 0 ? none : name_second_given(given_words));
    *flags |= desk->given.length == 0 ? IDENTITY_GIVEN_MISSING : 0;
}

static void birth_take(struct identity_keys *keys, const struct identity *identity, uint32_t *flags)
{
    struct desk *desk = keys->desk;
    desk->date = (struct birth_date){0};
    desk->has_date = birth_date_read(trait(identity, IDENTITY_BIRTH_DATE), &desk->date);
    birth_date_write(&desk->date, desk->date_text);
    *flags |= !desk->has_date ? IDENTITY_DATE_MISSING : desk->date.month == 0 || desk->date.day == 0 ? IDENTITY_DATE_PARTIAL : 0;
    *flags |= (desk->date.is_lunar ? IDENTITY_DATE_LUNAR : 0) | (desk->date.is_default ? IDENTITY_DATE_DEFAULT : 0);
    desk->sex = birth_sex_read(trait(identity, IDENTITY_SEX));
    *flags |= desk->sex == BIRTH_SEX_UNKNOWN ? IDENTITY_SEX_MISSING : 0;
    const enum birth_place_kind kind = birth_place_read(trait(identity, IDENTITY_BIRTH_PLACE), desk->place);
    desk->has_place = kind == BIRTH_PLACE_COMMUNE || kind == BIRTH_PLACE_ABROAD;
    *flags |= kind == BIRTH_PLACE_POSTAL ? IDENTITY_PLACE_POSTAL : desk->has_place ? 0 : IDENTITY_PLACE_MISSING;

    struct identity_outline *outline = &keys->outline; /* month and commune, no finer: EMC2-10 */
    *outline = (struct identity_outline){.birth_year = desk->date.year, .birth_month = desk->date.month};
    outline->sex = desk->sex == BIRTH_MALE ? 'M' : desk->sex == BIRTH_FEMALE ? 'F' : 'U';
    int64_t rank = 0;
    const bool has_rank = text_to_i64(trait(identity, IDENTITY_TWIN_RANK), &rank) && rank > 0 && rank < 10;
    outline->twin_rank = (uint8_t)(has_rank ? rank : 0);
    *flags |= has_rank ? IDENTITY_TWIN : 0;
    if (birth_place_read(trait(identity, IDENTITY_RESIDENCE), outline->residence) == BIRTH_PLACE_NONE) {
        outline->residence[0] = '\0';
    }
}

/* Own number and that of the insured. A number of another birth is the insured's when nothing else is: hospitals hold a parent's number
 * in the place of a child's. */
static void numbers_take(struct identity_keys *keys, const struct identity *identity, uint32_t *flags)
{
    struct desk *desk = keys->desk;
    const enum ins_kind ins = ins_kind_of(trait(identity, IDENTITY_INS_OID));
    *flags |= ins == INS_TEST || ins == INS_DEMO ? IDENTITY_TEST : 0;
    desk->has_insured = nir_read(trait(identity, IDENTITY_NIR_INSURED), &desk->insured);
    desk->has_own = nir_read(trait(identity, IDENTITY_NIR), &desk->own);
    if (!desk->has_own) {
        *flags |= identity_has(identity, IDENTITY_NIR) ? IDENTITY_NIR_FORM : IDENTITY_NIR_MISSING;
        return;
    }
    const bool fits = nir_fits(&desk->own, &desk->date, desk->sex);
    *flags |= desk->own.has_key && !desk->own.key_fits ? IDENTITY_NIR_KEY_WRONG : 0;
    *flags |= desk->own.nature == NIR_FICTIVE ? IDENTITY_NIR_FICTIVE : 0;
    *flags |= desk->own.nature == NIR_PROVISIONAL || ins == INS_NIA ? IDENTITY_NIR_PROVISIONAL : 0;
    *flags |= !fits && desk->own.nature == NIR_ORDINARY ? IDENTITY_NIR_OF_OTHER : 0;
    if (!desk->has_insured) {
        desk->insured = desk->own;
        desk->has_insured = true;
    }
}

static void number_keys(struct identity_keys *keys, uint32_t flags)
{
    const struct desk *desk = keys->desk;
    const struct text date = {desk->date_text, BIRTH_DATE_LENGTH};
    if (desk->has_insured && desk->insured.nature != NIR_FICTIVE && desk->has_date && desk->sex != BIRTH_SEX_UNKNOWN) {
        const struct text insured = {desk->insured.characters, NIR_LENGTH}, sex = {desk->sex == BIRTH_MALE ? "1" : "2", 1};
        KEY_ADD(keys, IDENTITY_KEY_INSURED, insured, date, sex);
    }
    if (desk->has_own && desk->own.nature != NIR_FICTIVE) {
        const bool doubtful = flags & (IDENTITY_NIR_KEY_WRONG | IDENTITY_NIR_PROVISIONAL | IDENTITY_NIR_OF_OTHER);
        const struct text own = {desk->own.characters, NIR_LENGTH};
        KEY_ADD(keys, doubtful ? IDENTITY_KEY_NIR_DOUBTFUL : IDENTITY_KEY_NIR, own);
    }
}

static void name_keys(struct identity_keys *keys)
{
    const struct desk *desk = keys->desk;
    const bool has_day = desk->date.month != 0 && desk->date.day != 0;
    const bool has_name = desk->birth_name.length > 0, has_used = desk->used_name.length > 0, has_given = desk->given.length > 0;
    const struct text date = {desk->date_text, BIRTH_DATE_LENGTH}, year = {desk->date_text, 4}, place = {desk->place, BIRTH_PLACE_LENGTH};
    const struct text name = letters_of(&desk->birth_name), used = letters_of(&desk->used_name), given = letters_of(&desk->given);
    const struct text given_sound = sound_of(&desk->given);
    if (has_day && has_given && has_name) {
        KEY_ADD(keys, IDENTITY_KEY_PERSON, name, given, date);
    }
    if (has_day && has_given && has_used) {
        KEY_ADD(keys, IDENTITY_KEY_PERSON_USED, used, given, date);
    }
    if (has_day && has_name && desk->second_given.length > 0 && !text_equal(letters_of(&desk->second_given), given)) {
        KEY_ADD(keys, IDENTITY_KEY_PERSON_SECOND, name, letters_of(&desk->second_given), date);
    }
    if (has_day && has_given && has_name) {
        KEY_ADD(keys, IDENTITY_KEY_SOUND, sound_of(&desk->birth_name), given_sound, date);
    }
    if (has_day && has_given && has_used) {
        KEY_ADD(keys, IDENTITY_KEY_SOUND_USED, sound_of(&desk->used_name), given_sound, date);
    }
    if (has_day && has_name) {
        KEY_ADD(keys, IDENTITY_KEY_NAME_DATE, name, date);
    }
    if (has_day && has_given && desk->has_place) {
        KEY_ADD(keys, IDENTITY_KEY_GIVEN_PLACE, given, date, place);
    }
    if (desk->has_date && has_given && has_name) {
        KEY_ADD(keys, IDENTITY_KEY_NAME_YEAR, name, given, year);
    }
}

void identity_keys_make(struct identity_keys *keys, const struct identity *identity, uint32_t *out_flags)
{
    uint32_t flags = 0;
    identity_keys_wipe(keys);
    names_take(keys, identity, &flags);
    birth_take(keys, identity, &flags);
    numbers_take(keys, identity, &flags);
    number_keys(keys, flags);
    name_keys(keys);
    *out_flags = flags;
}
