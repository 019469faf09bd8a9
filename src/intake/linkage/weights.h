/* SPDX-License-Identifier: EUPL-1.2 */
/* weights: the model of Fellegi and Sunter (JASA 64, 1969) over fields with levels, and EM for its numbers (Dempster, Laird and Rubin 1977;
 * for linkage Winkler 1988 and Jaro 1989). Pairs are counted by pattern first, so EM costs as many steps as there are patterns. Private.
 *   pattern  four bits for each field: its level, 0 where one side says nothing (such a field does not count)
 *   m, u     probability of a level in pairs of one person, of two persons, given that both sides say something
 *   prior    share of pairs of one person among the candidates
 * Fields are taken as independent given the class; what is not (name and given name in one token) must be one field. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIGHTS_FIELDS_MAX = 14, WEIGHTS_LEVELS_MAX = 16 };
struct weights_field {
    const char *name, *nom; /* English, French */
    unsigned levels;        /* with level 0 */
    const char *level_names[WEIGHTS_LEVELS_MAX], *level_noms[WEIGHTS_LEVELS_MAX];
    double m[WEIGHTS_LEVELS_MAX], u[WEIGHTS_LEVELS_MAX]; /* [0] is not used */
    bool u_is_known;                                     /* EM leaves u alone */
};
struct weights {
    size_t field_count;
    struct weights_field fields[WEIGHTS_FIELDS_MAX];
    double prior;
    unsigned rounds; /* that EM took */
};
struct pattern_count {
    uint64_t pattern, count;
};
static inline unsigned pattern_level(uint64_t pattern, size_t field)
{
    return (unsigned)(pattern >> (4 * field) & 15);
}
static inline uint64_t pattern_with(size_t field, unsigned level)
{
    return (uint64_t)level << (4 * field);
}
/* Sorts patterns and adds up equal ones; returns how many are left. counts has room for `count`. */
size_t patterns_count(uint64_t *patterns, size_t count, struct pattern_count *out_counts);
/* EM from the m, u and prior that are there, which also count as `strength` pairs of each class. */
void weights_estimate(struct weights *weights, const struct pattern_count *counts, size_t count, double strength);
/* Only the prior, with m and u as they are. */
double weights_prior(const struct weights *weights, const struct pattern_count *counts, size_t count, double first_prior);
double weights_of(const struct weights *weights, uint64_t pattern); /* log2 of m/u over all fields */
double weights_probability(double weight, double prior);
