/* SPDX-License-Identifier: EUPL-1.2 */
/* radix: stable sorting of keys by their low `bits` bits; parts that are equal throughout cost one look (private to the store). Bits above
 * `bits` must be zero. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The spare arrays have the same length and end undefined. */
void radix_sort_pairs(uint64_t *keys, uint32_t *values, uint64_t *keys_spare, uint32_t *values_spare, size_t count, unsigned bits);
/* Looks at bits from `first_bit` (a multiple of 8) on only. */
void radix_sort_keys(uint64_t *keys, uint64_t *spare, size_t count, unsigned first_bit, unsigned bits);
void radix_sort_narrow(uint32_t *keys, uint32_t *spare, size_t count, unsigned bits);
