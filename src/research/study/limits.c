/* SPDX-License-Identifier: EUPL-1.2 */
/* limits: see study_limits.h. The incomplete gamma function by its series below and by its continued fraction above the shape
 * (Abramowitz and Stegun 6.5.29 and 6.5.31, the fraction by Lentz's method); its quantile by Newton's method inside a bracket. */
#include "research/study/study_limits.h"
#include <math.h>
#include <stdbool.h>

struct study_limits study_wilson(uint64_t numerator, uint64_t denominator)
{
    double n = (double)denominator, p = (double)numerator / n, z = STUDY_Z;
    if (denominator == 0) {
        return (struct study_limits){NAN, NAN};
    }
    double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return (struct study_limits){fmax(0, centre - half), fmin(1, centre + half)};
}

enum { STEPS_MAX = 200000 };
#define TINY 1e-300
#define NEARLY 1e-16

/* Probability below x (is_upper: above). */
static double gamma_tail(double shape, double x, bool is_upper)
{
    if (x <= 0) {
        return is_upper ? 1 : 0;
    }
    double front = exp(shape * log(x) - x - lgamma(shape));
    if (x < shape + 1) {
        double term = 1 / shape, sum = term;
        for (int n = 1; n < STEPS_MAX && term > sum * NEARLY; n++) {
            term *= x / (shape + n);
            sum += term;
        }
        return is_upper ? 1 - front * sum : front * sum;
    }
    double b = x + 1 - shape, c = 1 / TINY, d = 1 / b, h = d;
    for (int n = 1; n < STEPS_MAX; n++) {
        double a = -n * (n - shape);
        b += 2;
        d = a * d + b;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = b + a / c;
        c = fabs(c) < TINY ? TINY : c;
        h *= d * c;
        if (fabs(d * c - 1) < NEARLY * 4) {
            break;
        }
    }
    return is_upper ? front * h : 1 - front * h;
}

double study_gamma_quantile(double shape, double probability)
{
    double low = 0, high = shape + 10 * sqrt(shape) + 50;
    double x = shape;
    for (int i = 0; i < 300; i++) {
        double off = gamma_tail(shape, x, false) - probability;
        if (off > 0) {
            high = x;
        } else {
            low = x;
        }
        double density = exp((shape - 1) * log(x) - x - lgamma(shape));
        double next = x - off / density;
        if (!(next > low && next < high)) {
            next = (low + high) / 2;
        }
        if (fabs(next - x) <= 1e-15 * x) {
            return next;
        }
        x = next;
    }
    return x;
}

struct study_limits study_poisson(uint64_t events)
{
    double e = (double)events;
    return (struct study_limits){events == 0 ? 0 : study_gamma_quantile(e, 0.025), study_gamma_quantile(e + 1, 0.975)};
}

double study_chi_square_upper(double value, double degrees)
{
    return gamma_tail(degrees / 2, value / 2, true);
}

double study_round(double value, int decimals)
{
    double power = pow(10, decimals), scaled = value * power;
    if (!isfinite(value) || fabs(scaled) > 9e15) {
        return value;
    }
    double below = floor(scaled) / power, above = ceil(scaled) / power;
    double down = value - below, up = above - value;
    return down < up || (down == up && fmod(floor(scaled), 2) == 0) ? below : above;
}
