/* SPDX-License-Identifier: EUPL-1.2 */
/* known: windows of 16 bytes of the source data, to be recognised at any place of any file (known plaintext). Private to drill. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum { KNOWN_WINDOW = 16 };
struct known;
/* Reads the files. When there are more windows than `maximum`, only every stride-th is kept, so that any copied piece of 15 + stride bytes
 * is still seen. Windows of fewer than six different bytes (zeros, commas) say nothing and are left out. */
MUST_CHECK bool known_create(struct known **out_known, const char *const *paths, size_t count, size_t maximum, struct error *err);
void known_destroy(struct known *known);
DEFINE_CLEANUP(known, known_destroy)
uint64_t known_windows(const struct known *known);
uint64_t known_stride(const struct known *known);
bool known_has(const struct known *known, const uint8_t window[KNOWN_WINDOW]);
