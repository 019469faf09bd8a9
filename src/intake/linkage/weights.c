/* SPDX-License-Identifier: EUPL-1.2 */
/* weights: m, u and prior by expectation and maximisation over counted patterns. Everything is in the order of the patterns, so the numbers
 * are the same on every run. */
#include "intake/linkage/weights.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 500 };
#define PROBABILITY_MIN 1e-9

static int pattern_compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

size_t patterns_count(uint64_t *patterns, size_t count, struct pattern_count *out_counts)
{
    qsort(patterns, count, sizeof *patterns, pattern_compare);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || out_counts[distinct - 1].pattern != patterns[i]) {
            out_counts[distinct++] = (struct pattern_count){patterns[i], 0};
        }
        out_counts[distinct - 1].count++;
    }
    return distinct;
}

double weights_of(const struct weights *weights, uint64_t pattern)
{
    double sum = 0;
    for (size_t i = 0; i < weights->field_count; i++) {
        const unsigned level = pattern_level(pattern, i);
        if (level > 0) {
            sum += log2(weights->fields[i].m[level] / weights->fields[i].u[level]);
        }
    }
    return sum;
}

double weights_probability(double weight, double prior)
{
    const double odds = log2(prior / (1 - prior)) + weight;
    return odds > 60 ? 1 : odds < -60 ? 0 : 1 / (1 + exp2(-odds));
}

/* Sums of the two classes for each level: what the next m and u are made of. */
struct sums {
    double one[WEIGHTS_FIELDS_MAX][WEIGHTS_LEVELS_MAX], two[WEIGHTS_FIELDS_MAX][WEIGHTS_LEVELS_MAX];
    double all_one, all;
};

static void sums_add(struct sums *sums, const struct weights *weights, const struct pattern_count *counted)
{
    const double probability = weights_probability(weights_of(weights, counted->pattern), weights->prior);
    const double one = probability * (double)counted->count, two = (double)counted->count - one;
    for (size_t i = 0; i < weights->field_count; i++) {
        const unsigned level = pattern_level(counted->pattern, i);
        sums->one[i][level] += one;
        sums->two[i][level] += two;
    }
    sums->all_one += one;
    sums->all += (double)counted->count;
}

/* The new distribution over levels 1 and above; returns the largest change. */
static double distribution_set(double *out, const double *sums, const double *first, unsigned levels, double strength)
{
    double total = strength, change = 0;
    for (unsigned level = 1; level < levels; level++) {
        total += sums[level];
    }
    for (unsigned level = 1; level < levels; level++) {
        const double next = fmax((sums[level] + strength * first[level]) / total, PROBABILITY_MIN);
        change = fmax(change, fabs(next - out[level]));
        out[level] = next;
    }
    return change;
}

void weights_estimate(struct weights *weights, const struct pattern_count *counts, size_t count, double strength)
{
    const struct weights first = *weights;
    double change = 1;
    for (weights->rounds = 0; count > 0 && change > 1e-9 && weights->rounds < ROUNDS_MAX; weights->rounds++) {
        struct sums sums;
        memset(&sums, 0, sizeof sums);
        for (size_t i = 0; i < count; i++) {
            sums_add(&sums, weights, &counts[i]);
        }
        change = 0;
        for (size_t i = 0; i < weights->field_count; i++) {
            struct weights_field *field = &weights->fields[i];
            change = fmax(change, distribution_set(field->m, sums.one[i], first.fields[i].m, field->levels, strength));
            if (!field->u_is_known) {
                change = fmax(change, distribution_set(field->u, sums.two[i], first.fields[i].u, field->levels, strength));
            }
        }
        const double prior = (sums.all_one + strength * first.prior) / (sums.all + strength);
        change = fmax(change, fabs(prior - weights->prior));
        weights->prior = fmin(fmax(prior, PROBABILITY_MIN), 1 - PROBABILITY_MIN);
    }
}

double weights_prior(const struct weights *weights, const struct pattern_count *counts, size_t count, double first_prior)
{
    double prior = first_prior;
    for (unsigned round = 0; count > 0 && round < ROUNDS_MAX; round++) {
        double one = first_prior, all = 1;
        for (size_t i = 0; i < count; i++) {
            one += (double)counts[i].count * weights_probability(weights_of(weights, counts[i].pattern), prior);
            all += (double)counts[i].count;
        }
        const double change = fabs(one / all - prior);
        prior = fmin(fmax(one / all, PROBABILITY_MIN), 1 - PROBABILITY_MIN);
        if (change < 1e-12) {
            break;
        }
    }
    return prior;
}
