/* SPDX-License-Identifier: EUPL-1.2 */
/* Keys: one person typed in several ways gives the same keys, another gives others; the 22 characters of the SNDS (EMC2-05); what is said
 * of an identity; and no text stays behind. */
#include "intake/identity/identity_internal.h"
#include "intake/identity/identity_keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct typed {
    const char *nir, *insured, *birth_name, *used_name, *given, *date, *sex, *place;
};
struct made {
    struct identity *identity;
    struct identity_keys *keys;
    uint32_t flags;
};

static int set_up(void **state)
{
    static struct made made;
    struct error err = {0};
    made = (struct made){0};
    assert_true(crypto_start(&err) && identity_create(&made.identity, &err) && identity_keys_create(&made.keys, &err));
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    struct made *made = *state;
    identity_destroy(made->identity);
    identity_keys_destroy(made->keys);
    return 0;
}

static void make(struct made *made, const struct typed *typed)
{
    identity_clear(made->identity);
    identity_set(made->identity, IDENTITY_NIR, text_of(typed->nir));
    identity_set(made->identity, IDENTITY_NIR_INSURED, text_of(typed->insured));
    identity_set(made->identity, IDENTITY_BIRTH_NAME, text_of(typed->birth_name));
    identity_set(made->identity, IDENTITY_USED_NAME, text_of(typed->used_name));
    identity_set(made->identity, IDENTITY_GIVEN_NAMES, text_of(typed->given));
    identity_set(made->identity, IDENTITY_BIRTH_DATE, text_of(typed->date));
    identity_set(made->identity, IDENTITY_SEX, text_of(typed->sex));
    identity_set(made->identity, IDENTITY_BIRTH_PLACE, text_of(typed->place));
    identity_keys_make(made->keys, made->identity, &made->flags);
}

/* The text of a kind; empty when the person has none. */
static struct text key_of(const struct made *made, enum identity_key_kind kind)
{
    for (size_t i = 0; i < identity_keys_count(made->keys); i++) {
        if (identity_keys_kind(made->keys, i) == kind) {
            return identity_keys_text(made->keys, i);
        }
    }
    return (struct text){"", 0};
}

static void assert_key(struct made *made, const struct typed *typed, enum identity_key_kind kind, const char *text)
{
    make(made, typed);
    const struct text key = key_of(made, kind);
    assert_int_equal(key.length, strlen(text));
    assert_memory_equal(key.data, text, key.length);
}

static void test_insured_22(void **state)
{
    struct made *made = *state;
    struct typed person = {.nir = "2 55 08 14 168 025 38", .date = "1955-08-03", .sex = "F"};
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|2550814168025|19550803|2");
    person.nir = "2550814168025";
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|2550814168025|19550803|2");
    person = (struct typed){.insured = "1 60 02 2a 004 025", .date = "29/02/2000", .sex = "1"}; /* leap day, Corsica */
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|160022A004025|20000229|1");
    person = (struct typed){.nir = "7 60 02 99 350 025", .date = "19600229", .sex = "M"}; /* provisional */
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|7600299350025|19600229|1");
    assert_true(made->flags & IDENTITY_NIR_PROVISIONAL);
    assert_key(made, &person, IDENTITY_KEY_NIR, "");
    assert_key(made, &person, IDENTITY_KEY_NIR_DOUBTFUL, "NIR|7600299350025");
    person.date = "1960-02-00"; /* the day is not known: the 8 characters say so */
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|7600299350025|19600200|1");
    person = (struct typed){.nir = "2550814168026", .date = "1955-08-03", .sex = "F"}; /* one digit wrong: another key */
    assert_key(made, &person, IDENTITY_KEY_INSURED, "INSURED|2550814168026|19550803|2");
    person.sex = "";
    assert_key(made, &person, IDENTITY_KEY_INSURED, "");
    person = (struct typed){.nir = "1555555555555", .date = "1955-08-03", .sex = "M"}; /* fictive: many persons have it */
    assert_key(made, &person, IDENTITY_KEY_INSURED, "");
    assert_key(made, &person, IDENTITY_KEY_NIR_DOUBTFUL, "");
    assert_true(made->flags & IDENTITY_NIR_FICTIVE);
}

static void test_number_of_a_parent(void **state)
{
    struct made *made = *state;
    const struct typed child = {.nir = "255081416802538", .date = "1985-03-02", .sex = "M"};
    make(made, &child);
    assert_true(made->flags & IDENTITY_NIR_OF_OTHER);
    assert_false(made->flags & IDENTITY_NIR_KEY_WRONG);
    assert_key(made, &child, IDENTITY_KEY_NIR, "");
    assert_key(made, &child, IDENTITY_KEY_INSURED, "INSURED|2550814168025|19850302|1");
}

static void test_written_by_many_hands(void **state)
{
    struct made *made = *state;
    static const struct typed hands[] = {
        {.birth_name = "d'Ormesson", .given = "Jean-Fran\xc3\xa7ois, Marie", .date = "1955-08-03", .place = "2A004"},
        {.birth_name = "D ORMESSON", .given = "JEAN FRANCOIS", .date = "19550803", .place = "20004"},
        {.birth_name = "DORMESSON", .given = "Jean", .date = "03/08/1955", .place = "2a004"},
        {.birth_name = "", .used_name = "D\xe2\x80\x99ormesson", .given = "jean", .date = "1955-08-03", .place = "20004"},
    };
    for (size_t i = 0; i < sizeof hands / sizeof *hands; i++) {
        assert_key(made, &hands[i], IDENTITY_KEY_PERSON, "PERSON|DORMESSON|JEAN|19550803");
        assert_key(made, &hands[i], IDENTITY_KEY_NAME_DATE, "NAMEDATE|DORMESSON|19550803");
        assert_key(made, &hands[i], IDENTITY_KEY_GIVEN_PLACE, "GIVENPLACE|JEAN|19550803|20004");
        assert_key(made, &hands[i], IDENTITY_KEY_NAME_YEAR, "NAMEYEAR|DORMESSON|JEAN|1955");
    }
    const struct typed swapped = {.birth_name = "Dormesson", .given = "Marie-Claire Jean", .date = "1955-08-03"};
    assert_key(made, &swapped, IDENTITY_KEY_PERSON_SECOND, "PERSON|DORMESSON|JEAN|19550803");
    assert_key(made, &swapped, IDENTITY_KEY_PERSON, "PERSON|DORMESSON|MARIE|19550803");
    const struct typed heard = {.birth_name = "Dupond", .given = "Philipe", .date = "1955-08-03"};
    assert_key(made, &heard, IDENTITY_KEY_SOUND, "SOUND|TUT1|FILITE|19550803");
    const struct typed as_is = {.birth_name = "Dupont", .given = "Philippe", .date = "1955-08-03"};
    assert_key(made, &as_is, IDENTITY_KEY_SOUND, "SOUND|TUT1|FILITE|19550803");
}

static void test_married_names(void **state)
{
    struct made *made = *state;
    static const struct typed hands[] = {
        {.birth_name = "MARTIN", .used_name = "DUPONT", .given = "Anne", .date = "1955-08-03"},
        {.birth_name = "MARTIN \xc3\xa9pouse DUPONT", .given = "Anne", .date = "1955-08-03"},
        {.birth_name = "MARTIN",
         .used_name = "DUPONT n\xc3\xa9"
                      "e MARTIN",
         .given = "Anne",
         .date = "1955-08-03"},
        {.used_name = "Dupont n\xc3\xa9"
                      "e Martin",
         .given = "Anne",
         .date = "1955-08-03"},
    };
    for (size_t i = 0; i < sizeof hands / sizeof *hands; i++) {
        assert_key(made, &hands[i], IDENTITY_KEY_PERSON, "PERSON|MARTIN|ANNE|19550803");
        assert_key(made, &hands[i], IDENTITY_KEY_PERSON_USED, "PERSON|DUPONT|ANNE|19550803");
    }
    /* where only the married name is known, it is in the place of the birth name, and meets the other's used name: one space */
    const struct typed only = {.birth_name = "DUPONT", .used_name = "DUPONT", .given = "Anne", .date = "1955-08-03"};
    assert_key(made, &only, IDENTITY_KEY_PERSON, "PERSON|DUPONT|ANNE|19550803");
    assert_key(made, &only, IDENTITY_KEY_PERSON_USED, "");
    assert_int_equal(identity_key_space(IDENTITY_KEY_PERSON), identity_key_space(IDENTITY_KEY_PERSON_USED));
}

static void test_what_is_missing(void **state)
{
    struct made *made = *state;
    const struct typed nobody = {.birth_name = "INCONNU", .given = "X", .date = "hier", .place = "75012"};
    make(made, &nobody);
    assert_int_equal(identity_keys_count(made->keys), 0);
    assert_int_equal(made->flags, IDENTITY_NIR_MISSING | IDENTITY_NAME_MISSING | IDENTITY_GIVEN_MISSING | IDENTITY_DATE_MISSING |
                                      IDENTITY_SEX_MISSING | IDENTITY_PLACE_POSTAL);
    const struct typed partly = {.nir = "12", .birth_name = "Ney", .given = "Zo\xc3\xa9", .date = "1955-13-03", .sex = "F"};
    make(made, &partly);
    assert_int_equal(made->flags, IDENTITY_NIR_FORM | IDENTITY_DATE_PARTIAL | IDENTITY_DATE_LUNAR | IDENTITY_PLACE_MISSING);
    assert_int_equal(identity_keys_count(made->keys), 1); /* only name, given name and year */
    assert_int_equal(identity_keys_kind(made->keys, 0), IDENTITY_KEY_NAME_YEAR);
    identity_set(made->identity, IDENTITY_INS_OID, TEXT("urn:oid:1.2.250.1.213.1.4.10"));
    identity_set(made->identity, IDENTITY_TWIN_RANK, TEXT("2"));
    identity_set(made->identity, IDENTITY_RESIDENCE, TEXT("2B033"));
    identity_keys_make(made->keys, made->identity, &made->flags);
    assert_true(made->flags & IDENTITY_TEST && made->flags & IDENTITY_TWIN);
    const struct identity_outline *outline = identity_keys_outline(made->keys);
    assert_int_equal(outline->birth_year, 1955);
    assert_int_equal(outline->birth_month, 0);
    assert_int_equal(outline->sex, 'F');
    assert_int_equal(outline->twin_rank, 2);
    assert_string_equal(outline->residence, "20033");
    assert_string_equal(identity_flag_name(0), "nir_missing");
    assert_string_equal(identity_flag_name(16), "twin");
}

static void test_kinds(void **state)
{
    struct made *made = *state;
    const struct typed all = {.nir = "255081416802538",
                              .birth_name = "MARTIN",
                              .used_name = "DUPONT",
                              .given = "Anne, Jeanne",
                              .date = "1955-08-03",
                              .sex = "F",
                              .place = "14168"};
    make(made, &all);
    assert_int_equal(identity_keys_count(made->keys), IDENTITY_KEY_KINDS - 1); /* all but the doubtful number */
    for (size_t i = 1; i < identity_keys_count(made->keys); i++) {
        assert_true(identity_keys_kind(made->keys, i - 1) < identity_keys_kind(made->keys, i));
    }
    assert_string_equal(identity_key_name(IDENTITY_KEY_INSURED), "insured");
    identity_keys_wipe(made->keys);
    assert_int_equal(identity_keys_count(made->keys), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insured_22),    cmocka_unit_test(test_number_of_a_parent), cmocka_unit_test(test_written_by_many_hands),
        cmocka_unit_test(test_married_names), cmocka_unit_test(test_what_is_missing),    cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
