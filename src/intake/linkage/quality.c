/* SPDX-License-Identifier: EUPL-1.2 */
/* quality: pairwise precision, recall and F1 (van Rijsbergen 1979) by counting: pairs of a group of n are n (n - 1) / 2, so no pair is ever
 * looked at. */
#include "intake/linkage/linkage_report.h"
#include <stdlib.h>

static int number_compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts numbers; the pairs of equal ones. */
static uint64_t equal_pairs(uint64_t *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, number_compare);
    uint64_t pairs = 0, run = 0;
    for (size_t i = 0; i < count; i++) {
        run = i > 0 && numbers[i] == numbers[i - 1] ? run + 1 : 0;
        pairs += run;
    }
    return pairs;
}

void linkage_quality_finish(struct linkage_quality *quality)
{
    quality->precision = quality->found ? (double)quality->right / (double)quality->found : 1;
    quality->recall = quality->real ? (double)quality->right / (double)quality->real : 1;
    const double sum = quality->precision + quality->recall;
    quality->f1 = sum > 0 ? 2 * quality->precision * quality->recall / sum : 0;
}

bool linkage_quality_of(struct linkage_quality *out, const struct linkage_result *result, const uint32_t *truth, struct error *err)
{
    uint64_t *numbers = malloc((result->count + 1) * sizeof *numbers);
    if (!numbers) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    struct linkage_quality quality = {0};
    for (unsigned what = 0; what < 3; what++) {
        for (size_t i = 0; i < result->count; i++) {
            const uint64_t person = result->links[i].person_id;
            numbers[i] = what == 0 ? person : what == 1 ? truth[i] : person << 32 | truth[i];
        }
        *(what == 0 ? &quality.found : what == 1 ? &quality.real : &quality.right) = equal_pairs(numbers, result->count);
    }
    free(numbers);
    linkage_quality_finish(&quality);
    *out = quality;
    return true;
}
