/* SPDX-License-Identifier: EUPL-1.2 */
/* limits: 95 % confidence limits and the rounding with which results are published. */
#pragma once
#include <stdint.h>

struct study_limits {
    double lower, upper;
};
/* Wilson score interval (Wilson 1927) of numerator / denominator; NaN when the denominator is 0. */
struct study_limits study_wilson(uint64_t numerator, uint64_t denominator);
/* Exact (Garwood 1936) limits of a Poisson count: chi-square quantiles of 2 e and 2 (e + 1) degrees of freedom, halved. */
struct study_limits study_poisson(uint64_t events);
/* Quantile of the gamma distribution of the shape, scale 1; shape > 0, 0 < probability < 1. */
double study_gamma_quantile(double shape, double probability);
/* Upper tail of the chi-square distribution. */
double study_chi_square_upper(double value, double degrees);
/* To so many decimals, to the nearer of the two neighbours as they are represented, a tie to the even digit, as R 4 does. */
double study_round(double value, int decimals);
#define STUDY_Z 1.959963984540054 /* quantile 0.975 of the normal distribution */
