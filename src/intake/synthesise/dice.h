/* SPDX-License-Identifier: EUPL-1.2 */
/* dice: random numbers for the synthetic population, a pure function of (seed, person, stream), so that any person can be made alone.
 * SplitMix64 (Steele, Lea, Flood 2014). Never for secrets. */
#pragma once
#include <stdint.h>

struct dice {
    uint64_t state;
};
struct dice dice_of(uint64_t seed, uint64_t person, uint32_t stream);
uint64_t dice_next(struct dice *dice);
double dice_unit(struct dice *dice); /* 0 <= u < 1 */
uint32_t dice_below(struct dice *dice, uint32_t bound);
double dice_normal(struct dice *dice);                 /* mean 0, deviation 1 */
unsigned dice_poisson(struct dice *dice, double mean); /* mean at most 50 */
