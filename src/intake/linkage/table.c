/* SPDX-License-Identifier: EUPL-1.2 */
/* table: roles by name, by list or by JSON; records with canonical values. */
#include "intake/linkage/table.h"
#include "base/json.h"
#include "intake/identity/identity_names.h"
#include <string.h>

static const char *const role_names[TABLE_ROLES] = {"none", "id", "given", "name", "date", "place", "code", "number", "text", "sex"};

static bool role_find(struct text name, enum table_role *out_role)
{
    for (unsigned role = 0; role < TABLE_ROLES; role++) {
        if (text_equal_fold(name, text_of(role_names[role]))) {
            *out_role = (enum table_role)role;
            return true;
        }
    }
    return false;
}

/* Roles that names of columns stand for, English and French. */
static enum table_role role_guess(struct text column)
{
    static const struct {
        const char *name;
        enum table_role role;
    } known[] = {
        {"rec_id", TABLE_ID},
        {"id", TABLE_ID},
        {"unique_id", TABLE_ID},
        {"identifiant", TABLE_ID},
        {"given_name", TABLE_GIVEN},
        {"first_name", TABLE_GIVEN},
        {"prenom", TABLE_GIVEN},
        {"prenoms", TABLE_GIVEN},
        {"surname", TABLE_NAME},
        {"last_name", TABLE_NAME},
        {"family_name", TABLE_NAME},
        {"nom", TABLE_NAME},
        {"nom_naissance", TABLE_NAME},
        {"date_of_birth", TABLE_DATE},
        {"birth_date", TABLE_DATE},
        {"dob", TABLE_DATE},
        {"date_naissance", TABLE_DATE},
        {"suburb", TABLE_PLACE},
        {"city", TABLE_PLACE},
        {"commune", TABLE_PLACE},
        {"birth_place", TABLE_PLACE},
        {"lieu_naissance", TABLE_PLACE},
        {"postcode", TABLE_CODE},
        {"code_postal", TABLE_CODE},
        {"zip", TABLE_CODE},
        {"soc_sec_id", TABLE_NUMBER},
        {"ssn", TABLE_NUMBER},
        {"nir", TABLE_NUMBER},
        {"ins", TABLE_NUMBER},
        {"sex", TABLE_SEX},
        {"sexe", TABLE_SEX},
        {"gender", TABLE_SEX},
        {"state", TABLE_TEXT},
        {"address_1", TABLE_TEXT},
        {"address_2", TABLE_TEXT},
        {"street_number", TABLE_TEXT},
        {"adresse", TABLE_TEXT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text_equal_fold(column, text_of(known[i].name))) {
            return known[i].role;
        }
    }
    return TABLE_NONE;
}

static bool plan_add(struct table_plan *plan, struct text name, enum table_role role, struct error *err)
{
    if (role == TABLE_NONE) {
        return true;
    }
    if (role == TABLE_ID) {
        plan->id = name;
        return true;
    }
    if (plan->count == TABLE_COLUMNS_MAX) {
        return FAIL(err, LIMIT, "more than %d columns to compare", TABLE_COLUMNS_MAX);
    }
    plan->names[plan->count] = name;
    plan->roles[plan->count++] = role;
    return true;
}

static bool plan_bad_role(struct text role, struct error *err)
{
    char shown[40];
    text_to_shown(shown, sizeof shown, role);
    FAIL(err, INVALID_ARGUMENT, "--columns: there is no role '%s'", shown);
    return error_hint(err, "roles are id, given, name, date, place, code, number, text, sex and none");
}

/* column=role,column=role */
static bool plan_from_list(struct table_plan *plan, struct text list, struct error *err)
{
    while (list.length > 0) {
        const char *comma = memchr(list.data, ',', list.length);
        const size_t length = comma ? (size_t)(comma - list.data) : list.length;
        const char *equals = memchr(list.data, '=', length);
        if (!equals) {
            return FAIL(err, INVALID_ARGUMENT, "--columns: write column=role, with commas between");
        }
        const size_t before = (size_t)(equals - list.data);
        const struct text role_text = text_trim((struct text){equals + 1, length - before - 1});
        enum table_role role;
        if (!role_find(role_text, &role)) {
            return plan_bad_role(role_text, err);
        }
        TRY(plan_add(plan, text_trim((struct text){list.data, before}), role, err));
        const size_t taken = comma ? length + 1 : length;
        list = (struct text){list.data + taken, list.length - taken};
    }
    return true;
}

static bool plan_from_json(struct table_plan *plan, const char *path, struct arena *arena, struct error *err)
{
    const struct json *root;
    TRY(json_parse_file(&root, arena, path, 1 << 20, err));
    if (root->kind != JSON_OBJECT) {
        return FAIL(err, INVALID_INPUT, "%s: not an object of columns and roles", path);
    }
    for (size_t i = 0; i < root->count; i++) {
        enum table_role role;
        if (root->items[i].kind != JSON_STRING || !role_find(root->items[i].text, &role)) {
            return plan_bad_role(root->items[i].kind == JSON_STRING ? root->items[i].text : TEXT("?"), err);
        }
        TRY(plan_add(plan, root->names[i], role, err));
    }
    return true;
}

static bool plan_from_header(struct table_plan *plan, struct csv_reader *reader, struct arena *arena, struct error *err)
{
    struct csv_record record;
    bool more;
    TRY(csv_reader_next(reader, &record, &more, err));
    for (size_t i = 0; more && i < record.count; i++) {
        const struct text name = arena_text_keep(arena, text_trim(record.fields[i].text));
        TRY(plan_add(plan, name, role_guess(name), err));
    }
    return true;
}

bool table_plan_make(struct table_plan *out, const char *columns, struct csv_reader *header, struct arena *arena, struct error *err)
{
    struct table_plan plan = {0};
    const size_t length = columns ? strlen(columns) : 0;
    if (!columns) {
        TRY(plan_from_header(&plan, header, arena, err));
    } else if (length > 5 && strcmp(columns + length - 5, ".json") == 0) {
        TRY(plan_from_json(&plan, columns, arena, err));
    } else {
        TRY(plan_from_list(&plan, text_of(columns), err));
    }
    if (plan.id.length == 0 || plan.count == 0) {
        FAIL(err, INVALID_ARGUMENT, "one column must be the id, and one at least must be compared");
        return error_hint(err, "--columns \"rec_id=id,given_name=given,surname=name,date_of_birth=date\"");
    }
    *out = plan;
    return true;
}

/* Names, places and texts as one word of A to Z and 0 to 9; dates and numbers without blanks and dashes. */
static struct text value_canonical(struct text value, enum table_role role, struct arena *arena)
{
    char words[NAME_SIZE], joined[NAME_SIZE];
    value = text_trim(value);
    if (value.length > 120) {
        value.length = 120;
    }
    if (role == TABLE_NAME || role == TABLE_GIVEN) {
        const size_t word_length = name_words(value, false, words);
        const size_t joined_length = name_joined((struct text){words, word_length}, joined);
        return arena_text_keep(arena, (struct text){joined, joined_length});
    }
    size_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        const char letter = value.data[i];
        const bool is_small = letter >= 'a' && letter <= 'z',
                   is_kept = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
        if (is_small || is_kept || (unsigned char)letter >= 0x80) {
            joined[length++] = is_small ? (char)(letter - 'a' + 'A') : letter;
        }
    }
    return arena_text_keep(arena, (struct text){joined, length});
}

static bool columns_find(const struct csv_record *record, const char *path, const struct table_plan *plan, size_t *places, size_t *out_id,
                         struct error *err)
{
    for (size_t column = 0; column <= plan->count; column++) {
        const struct text name = column < plan->count ? plan->names[column] : plan->id;
        size_t place = 0;
        while (place < record->count && !text_equal_fold(text_trim(record->fields[place].text), name)) {
            place++;
        }
        if (place == record->count) {
            char shown[60];
            text_to_shown(shown, sizeof shown, name);
            return FAIL(err, INVALID_INPUT, "%s: there is no column '%s'", path, shown);
        }
        *(column < plan->count ? &places[column] : out_id) = place;
    }
    return true;
}

bool table_read(struct table *out, struct csv_reader *reader, const char *path, const struct table_plan *plan, struct arena *arena,
                struct error *err)
{
    struct csv_record record;
    bool more;
    size_t places[TABLE_COLUMNS_MAX], id = 0, capacity = 0;
    struct table table = {0};
    TRY(csv_reader_next(reader, &record, &more, err));
    if (!more) {
        return FAIL(err, INVALID_INPUT, "%s: the file is empty", path);
    }
    TRY(columns_find(&record, path, plan, places, &id, err));
    for (;;) {
        TRY(csv_reader_next(reader, &record, &more, err));
        if (!more) {
            break;
        }
        if (table.count == capacity) { /* arrays double; what is left behind in the arena is as much again, at most */
            if (capacity == TABLE_RECORDS_MAX) {
                return FAIL(err, LIMIT, "%s: more than %d records", path, TABLE_RECORDS_MAX);
            }
            capacity = capacity ? 2 * capacity : 1024;
            struct text *ids = ARENA_ARRAY(arena, struct text, capacity), *values = ARENA_ARRAY(arena, struct text, capacity * plan->count);
            if (table.count > 0) {
                memcpy(ids, table.ids, table.count * sizeof *ids);
                memcpy(values, table.values, table.count * plan->count * sizeof *values);
            }
            table.ids = ids;
            table.values = values;
        }
        for (size_t column = 0; column < plan->count; column++) {
            const struct text value = places[column] < record.count ? record.fields[places[column]].text : (struct text){0};
            table.values[table.count * plan->count + column] = value_canonical(value, plan->roles[column], arena);
        }
        table.ids[table.count++] = arena_text_keep(arena, text_trim(id < record.count ? record.fields[id].text : (struct text){0}));
    }
    *out = table;
    return true;
}
