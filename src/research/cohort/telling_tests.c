/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of attributes, concept sets and concepts in words. */
#include "research/cohort/telling.h"
#include <string.h>

enum { CONCEPTS_TOLD = 5 };

const char *set_phrase(const struct telling *t, int set)
{
    const struct cohort_concept_set *s = &t->program->concept_sets[set];
    size_t size = t->set_sizes[set];
    if (s->is_undefined && !s->is_resolved) {
        return phrase(t, "concept set %lld, which is not defined (nothing matches)",
                      "l'ensemble de concepts %lld, non défini (rien ne correspond)", (long long)s->id);
    }
    const char *name = s->name[0] ? phrase(t, "“%s”", "« %s »", one_line(t, s->name))
                                  : phrase(t, "concept set %lld", "l'ensemble de concepts %lld", (long long)s->id);
    const char *noun = t->is_size_known[set] ? word(t, size == 1 ? "concept" : "concepts", size < 2 ? "concept" : "concepts")
                                             : word(t, size == 1 ? "item" : "items", size < 2 ? "élément" : "éléments");
    return phrase(t, "%s (%zu %s)", "%s (%zu %s)", name, size, noun);
}

/* The name that the definition gives, else that of the vocabulary, else none. */
const char *concept_phrase(struct telling *t, int64_t id, const char *name)
{
    if (!name[0] && t->vocabulary && !t->has_failed) {
        const struct concept *concept = NULL;
        if (!vocabulary_concept(t->vocabulary, (concept_id){id}, t->scratch, &concept, t->err)) {
            t->has_failed = true;
        } else if (concept) {
            return phrase(t, "%.*s (%lld)", "%.*s (%lld)", (int)concept->name.length, concept->name.data, (long long)id);
        }
    }
    return name[0] ? phrase(t, "%s (%lld)", "%s (%lld)", one_line(t, name), (long long)id) : phrase(t, "%lld", "%lld", (long long)id);
}

static const char *concepts_phrase(struct telling *t, const struct cohort_test *test)
{
    const char *list = "";
    for (size_t i = 0; i < test->concepts.count && i < CONCEPTS_TOLD; i++) {
        list = phrase(t, "%s%s%s", "%s%s%s", list, i > 0 ? ", " : "", concept_phrase(t, test->concepts.items[i], test->concept_names[i]));
    }
    size_t rest = test->concepts.count > CONCEPTS_TOLD ? test->concepts.count - CONCEPTS_TOLD : 0;
    return rest > 0 ? phrase(t, "%s and %zu more", "%s et %zu de plus", list, rest) : list;
}

static const char *date_range_phrase(const struct telling *t, const struct cohort_test *test)
{
    const char *value = date_phrase(t, range_value(test)), *extent = date_phrase(t, range_is_between(test) ? test->high : 0);
    switch (test->comparison) {
    case COHORT_LT:
        return phrase(t, "before %s", "avant le %s", value);
    case COHORT_LTE:
        return phrase(t, "on or before %s", "au plus tard le %s", value);
    case COHORT_EQ:
        return phrase(t, "on %s", "le %s", value);
    case COHORT_NOT_EQ:
        return phrase(t, "not on %s", "un autre jour que le %s", value);
    case COHORT_GT:
        return phrase(t, "after %s", "après le %s", value);
    case COHORT_GTE:
        return phrase(t, "on or after %s", "à partir du %s", value);
    case COHORT_BETWEEN:
        return phrase(t, "from %s to %s", "du %s au %s", value, extent);
    case COHORT_NOT_BETWEEN:
        break;
    }
    return phrase(t, "outside %s to %s", "en dehors du %s au %s", value, extent);
}

static const char *number_range_phrase(const struct telling *t, enum cohort_comparison comparison, const char *value, const char *extent)
{
    switch (comparison) {
    case COHORT_LT:
        return phrase(t, "less than %s", "moins de %s", value);
    case COHORT_LTE:
        return phrase(t, "at most %s", "au plus %s", value);
    case COHORT_EQ:
        return phrase(t, "exactly %s", "exactement %s", value);
    case COHORT_NOT_EQ:
        return phrase(t, "other than %s", "autre que %s", value);
    case COHORT_GT:
        return phrase(t, "more than %s", "plus de %s", value);
    case COHORT_GTE:
        return phrase(t, "at least %s", "au moins %s", value);
    case COHORT_BETWEEN:
        return phrase(t, "between %s and %s", "entre %s et %s", value, extent);
    case COHORT_NOT_BETWEEN:
        break;
    }
    return phrase(t, "not between %s and %s", "pas entre %s et %s", value, extent);
}

static const char *unit_word(const struct telling *t, const struct cohort_test *test, bool is_one)
{
    if (test->value.operand == COHORT_AGE_AT_START || test->value.operand == COHORT_AGE_AT_END) {
        return is_one ? word(t, " year", " an") : word(t, " years", " ans");
    }
    if (test->value.operand == COHORT_LENGTH) {
        return is_one ? word(t, " day", " jour") : word(t, " days", " jours");
    }
    return "";
}

static const char *integer_range_phrase(const struct telling *t, const struct cohort_test *test)
{
    int64_t last = range_is_between(test) ? test->high : range_value(test);
    const char *value = phrase(t, "%lld", "%lld", (long long)range_value(test)), *extent = phrase(t, "%lld", "%lld", (long long)last);
    return phrase(t, "%s%s", "%s%s", number_range_phrase(t, test->comparison, value, extent), unit_word(t, test, last == 1));
}

static const char *decimal_range_phrase(const struct telling *t, const struct cohort_test *test)
{
    char value[TEXT_NUMBER_SIZE], extent[TEXT_NUMBER_SIZE] = "";
    text_from_double(range_number(test) + 0.0, value);
    if (range_is_between(test)) {
        text_from_double(test->high_number + 0.0, extent);
    }
    return number_range_phrase(t, test->comparison, value, extent);
}

static const char *text_phrase(const struct telling *t, const struct cohort_test *test)
{
    struct text inner = test->pattern;
    bool is_open = inner.length > 0 && inner.data[0] == '%';
    inner = is_open ? (struct text){inner.data + 1, inner.length - 1} : inner;
    bool is_open_end = inner.length > 0 && inner.data[inner.length - 1] == '%';
    inner.length -= is_open_end;
    const char *verb = test->is_negated ? word(t, "is not", "n'est pas") : word(t, "is", "est");
    if (is_open && is_open_end) {
        verb = test->is_negated ? word(t, "does not contain", "ne contient pas") : word(t, "contains", "contient");
    } else if (is_open) {
        verb = test->is_negated ? word(t, "does not end with", "ne finit pas par") : word(t, "ends with", "finit par");
    } else if (is_open_end) {
        verb = test->is_negated ? word(t, "does not begin with", "ne commence pas par") : word(t, "begins with", "commence par");
    }
    const char *copy = one_line(t, phrase(t, "%.*s", "%.*s", (int)inner.length, inner.data));
    return phrase(t, "%s “%s”", "%s « %s »", verb, copy);
}

const char *test_phrase(struct telling *t, int table, const struct cohort_test *test)
{
    const char *label = value_word(t, table, test->value), *rest = "";
    switch (test->kind) {
    case COHORT_TEST_INTEGER:
        rest = integer_range_phrase(t, test);
        break;
    case COHORT_TEST_DECIMAL:
        rest = decimal_range_phrase(t, test);
        break;
    case COHORT_TEST_DATE:
        rest = date_range_phrase(t, test);
        break;
    case COHORT_TEST_TEXT:
        rest = text_phrase(t, test);
        break;
    case COHORT_TEST_CONCEPTS:
        rest = test->is_negated ? phrase(t, "none of %s", "autre que %s", concepts_phrase(t, test))
                                : phrase(t, "one of %s", "parmi %s", concepts_phrase(t, test));
        break;
    case COHORT_TEST_SET:
        rest = test->is_negated ? phrase(t, "not in %s", "hors de %s", set_phrase(t, test->set))
                                : phrase(t, "in %s", "dans %s", set_phrase(t, test->set));
        break;
    case COHORT_TEST_PRESENT:
        rest = test->is_negated ? word(t, "not recorded", "aucune valeur enregistrée") : word(t, "recorded", "une valeur enregistrée");
        break;
    case COHORT_TEST_ABNORMAL:
        return word(t, "abnormal value (outside the limits of normal, or judged low or high)",
                    "valeur anormale (hors des bornes de la normale, ou jugée basse ou élevée)");
    }
    return phrase(t, "%s %s", "%s : %s", label, rest);
}
