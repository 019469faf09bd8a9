/* SPDX-License-Identifier: EUPL-1.2 */
/* noise: sealed files must be like noise: their bytes uniform, and no block of 16 bytes twice in any of them. Private to drill.
 * What is known of a sealed file is what docs/formats/sealed.md says can be seen without a key. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"

enum { NOISE_BLOCK = 16, NOISE_ID = 32, NOISE_MIN = 4096 };

struct noise_block {
    uint8_t bytes[NOISE_BLOCK];
    uint64_t offset;
    uint32_t file; /* filled in by who gathers them */
};
DEFINE_ARRAY(noise_blocks, struct noise_block)
struct noise_file {
    bool is_sealed;
    uint8_t id[NOISE_ID]; /* store id and file id */
    bool is_tested;       /* at least NOISE_MIN bytes */
    double distance;      /* of the histogram of bytes from a uniform one, in standard deviations */
    struct noise_blocks blocks;
};
bool noise_is_sealed(const uint8_t *bytes, size_t length);
/* Keeps one block in `sampled` (a power of two), chosen by its content, so that equal blocks are kept together. */
MUST_CHECK bool noise_examine(struct noise_file *out_file, const uint8_t *bytes, size_t length, uint64_t sampled, struct error *err);
void noise_finish(struct noise_file *file);
