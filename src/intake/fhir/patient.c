/* SPDX-License-Identifier: EUPL-1.2 */
/* patient: what of a Patient is a row (sex, birth, residence, death), and, on the merging thread alone, who it is.
 * Profiles: FR Core (fr-core-patient, fr-core-patient-ins) and the older ones of InterOp'Santé. */
#include "intake/fhir/fhir_internal.h"
#include "intake/identity/identity_nir.h"
#include <string.h>

static struct text commune_of(const struct json *address)
{
    static const char *const urls[] = {"fr-core-address-insee-code", "FrAddressExtension/InseeCode", "FrCoreAddressInseeCode"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const struct json *extension = node_extension(address, urls[i]);
        if (extension) {
            struct text code = node_text(json_member(extension, "valueCoding"), "code");
            return code.length > 0 ? code : node_text(extension, "valueString");
        }
    }
    return (struct text){"", 0};
}

/* The home address that is not over; else the first one that is not over. Its commune, else its postal code. */
static struct text residence_of(const struct json *root)
{
    const struct json *addresses = json_member(root, "address"), *best = NULL;
    for (size_t i = 0; i < node_count(addresses); i++) {
        const struct json *address = fhir_item(addresses, i);
        const bool is_over = json_member(json_member(address, "period"), "end") || text_equal(node_text(address, "use"), TEXT("old"));
        const bool is_home = text_equal(node_text(address, "use"), TEXT("home"));
        if (!is_over && (!best || (is_home && !text_equal(node_text(best, "use"), TEXT("home"))))) {
            best = address;
        }
    }
    struct text commune = commune_of(best);
    return commune.length > 0 ? commune : node_text(best, "postalCode");
}

static const char *sex_of(struct text gender)
{
    return text_equal(gender, TEXT("male"))     ? "M"
           : text_equal(gender, TEXT("female")) ? "F"
           : text_equal(gender, TEXT("other"))  ? "O"
                                                : "U";
}

static void set_birth(struct line *line, struct record *record)
{
    struct moment birth;
    if (!line_moment(line, line->root, "birthDate", false, &birth)) {
        return;
    }
    record_set_birth(record, node_text(line->root, "birthDate"), &birth);
}

static bool take_death(struct line *line, struct error *err)
{
    struct record record;
    struct when when = {0};
    const bool is_dead = node_is_true(line->root, "deceasedBoolean");
    if (!is_dead && !json_member(line->root, "deceasedDateTime")) {
        return true;
    }
    line->out->seen[PLACE_DECEASED]++;
    when.has_start = line_moment(line, line->root, "deceasedDateTime", false, &when.start);
    if (!when.has_start) { /* the stay that ended with it, if there is one */
        const uint64_t *kept =
            references_find(line->fhir->references, record_number(line->fhir->options->numbers, "Encounter.exp", line->id));
        when.has_start = kept != NULL;
        when.start.day.number = kept ? (int32_t)(*kept >> 32) : 0;
    }
    if (!when.has_start) {
        return line_drop(line, PLACE_DECEASED, OUTCOME_NO_DATE);
    }
    record_begin(&record, RECORD_DEATH);
    record_set_integer(&record, COLUMN_SUBJECT, line->subject);
    record_when(&record, &when);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return line_take(line, PLACE_DECEASED, &record, err);
}

static struct text twin_rank_of(const struct json *root, char room[TEXT_NUMBER_SIZE])
{
    const struct json *rank = json_member(root, "multipleBirthInteger");
    return (struct text){room, rank && rank->kind == JSON_INTEGER ? text_from_i64(rank->integer, room) : 0};
}

bool patient_take(struct line *line, struct error *err)
{
    char rank[TEXT_NUMBER_SIZE];
    struct record record;
    line->subject = record_subject(line->fhir->options->numbers, line->id);
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, line->subject);
    record_set_text(&record, COLUMN_SEX, text_of(sex_of(node_text(line->root, "gender"))));
    set_birth(line, &record);
    record_text(line, &record, COLUMN_RESIDENCE, residence_of(line->root), "address");
    record_set_twin_rank(&record, twin_rank_of(line->root, rank));
    TRY(line_take_person(line, err) && line_take(line, PLACE_NONE, &record, err));
    return take_death(line, err);
}

/* ---- who it is ---- */
static bool is_ins(struct text system)
{
    const enum ins_kind kind = ins_kind_of(system);
    return kind != INS_UNSAID && kind != INS_OTHER;
}

/* An INS stands only on a qualified identity; one that says it is not has none (RNIV; fr-core-identity-reliability). */
static bool is_unqualified(const struct json *root)
{
    const struct json *reliability = node_extension(root, "fr-core-identity-reliability");
    reliability = reliability ? reliability : node_extension(root, "FrPatientIdentReliability");
    if (!reliability) {
        return false;
    }
    const struct json *status = node_extension(reliability, "identityStatus");
    struct text code = node_text(json_member(status ? status : reliability, "valueCoding"), "code");
    code = code.length > 0 ? code : node_code(json_member(status ? status : reliability, "valueCodeableConcept"));
    return !text_equal(code, TEXT("VALI"));
}

static void identify_numbers(struct identity *identity, const struct json *root, struct tally *tally)
{
    const struct json *identifiers = json_member(root, "identifier");
    const bool has_no_ins = is_unqualified(root);
    int count = 0;
    for (size_t i = 0; i < node_count(identifiers); i++) {
        const struct json *identifier = fhir_item(identifiers, i);
        struct text system = text_trim(node_text(identifier, "system")), value = node_text(identifier, "value");
        if (value.length == 0 || text_equal(node_text(identifier, "use"), TEXT("old"))) {
            continue;
        }
        if (is_ins(system) && has_no_ins) {
            tally_remark(tally, "Patient", "an INS on an identity that is not qualified: it is not used");
        } else if (is_ins(system) && ++count == 1) {
            identity_set(identity, IDENTITY_NIR, value);
            identity_set(identity, IDENTITY_INS_OID, system);
        } else if (!is_ins(system) && text_equal(node_code(json_member(identifier, "type")), TEXT("NSS"))) {
            identity_set(identity, IDENTITY_NIR_INSURED, value);
        }
    }
    if (count > 1) {
        tally_remark(tally, "Patient", "more than one INS in use: the first is used");
    }
}

static struct text joined_given(const struct json *name, char *out, size_t size)
{
    const struct json *given = json_member(name, "given");
    size_t length = 0;
    for (size_t i = 0; i < node_count(given); i++) {
        const struct json *item = fhir_item(given, i);
        if (item->kind == JSON_STRING && length + item->text.length + 1 < size) {
            memcpy(out + length, item->text.data, item->text.length);
            length += item->text.length;
            out[length++] = ' ';
        }
    }
    return (struct text){out, length};
}

static const struct json *name_of_use(const struct json *root, const char *use)
{
    const struct json *names = json_member(root, "name");
    for (size_t i = 0; i < node_count(names); i++) {
        if (text_equal(node_text(fhir_item(names, i), "use"), text_of(use))) {
            return fhir_item(names, i);
        }
    }
    return NULL;
}

static void identify_names(struct identity *identity, const struct json *root)
{
    char given[256];
    const struct json *official = name_of_use(root, "official"), *usual = name_of_use(root, "usual"), *maiden = name_of_use(root, "maiden");
    if (!official) {
        official = maiden ? maiden : usual ? usual : node_first(json_member(root, "name"));
    }
    identity_set(identity, IDENTITY_BIRTH_NAME, node_text(maiden ? maiden : official, "family"));
    const struct json *list = node_extension(official, "birth-list-given-name");
    list = list ? list : node_extension(official, "BirthListGivenName");
    list = list ? list : node_extension(root, "birth-list-given-name");
    struct text all = node_text(list, "valueString");
    identity_set(identity, IDENTITY_GIVEN_NAMES, all.length > 0 ? all : joined_given(official, given, sizeof given));
    if (usual || maiden) {
        identity_set(identity, IDENTITY_USED_NAME, node_text(usual ? usual : official, "family"));
    }
    const struct json *used = node_first(json_member(usual, "given"));
    if (used && used->kind == JSON_STRING) {
        identity_set(identity, IDENTITY_USED_GIVEN_NAME, used->text);
    }
    explicit_bzero(given, sizeof given);
}

void patient_identify(struct identity *identity, const struct json *root, struct tally *tally)
{
    identity_clear(identity);
    identify_numbers(identity, root, tally);
    identify_names(identity, root);
    identity_set(identity, IDENTITY_BIRTH_DATE, node_text(root, "birthDate"));
    identity_set(identity, IDENTITY_SEX, node_text(root, "gender"));
    identity_set(identity, IDENTITY_RESIDENCE, residence_of(root));
    const struct json *place = node_extension(root, "patient-birthPlace");
    identity_set(identity, IDENTITY_BIRTH_PLACE, commune_of(json_member(place, "valueAddress")));
    char rank[TEXT_NUMBER_SIZE];
    identity_set(identity, IDENTITY_TWIN_RANK, twin_rank_of(root, rank));
}
