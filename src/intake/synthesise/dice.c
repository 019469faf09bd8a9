/* SPDX-License-Identifier: EUPL-1.2 */
/* dice: see dice.h. */
#include "intake/synthesise/dice.h"
#include <math.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct dice dice_of(uint64_t seed, uint64_t person, uint32_t stream)
{
    return (struct dice){mix(mix(seed + 0x9e3779b97f4a7c15u) ^ mix(person * 0x9e3779b97f4a7c15u + stream))};
}

uint64_t dice_next(struct dice *dice)
{
    dice->state += 0x9e3779b97f4a7c15u;
    return mix(dice->state);
}

double dice_unit(struct dice *dice)
{
    return (double)(dice_next(dice) >> 11) * 0x1p-53;
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)(((dice_next(dice) >> 32) * bound) >> 32);
}

double dice_normal(struct dice *dice)
{
    /* Sum of 12 uniforms: exact enough for laboratory values, and the same on every machine (no libm in the last bit). */
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += dice_unit(dice);
    }
    return sum;
}

unsigned dice_poisson(struct dice *dice, double mean)
{
    double limit = exp(-mean);
    double product = dice_unit(dice);
    unsigned count = 0;
    while (product > limit && count < 1000) {
        product *= dice_unit(dice);
        count++;
    }
    return count;
}
