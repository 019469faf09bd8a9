/* SPDX-License-Identifier: EUPL-1.2 */
/* noise: see noise.h. The body is what lies behind the header, whatever its version, and before the trailer: both are written in clear. */
#include "trust/drill/noise.h"
#include <math.h>
#include <string.h>

enum { ID_OFFSET = 16, BODY_BEGIN = 128, TRAILER = 24, BYTES = 256, BLOCKS_MAX = 1 << 28 };

bool noise_is_sealed(const uint8_t *bytes, size_t length)
{
    return length >= ID_OFFSET + NOISE_ID && memcmp(bytes, "EMC2SEAL", 8) == 0;
}

/* Pearson's chi-square with 255 degrees of freedom, brought to a normal deviate (Wilson and Hilferty, 1931). */
static double distance_of(const uint64_t counts[BYTES], uint64_t total)
{
    const double freedom = BYTES - 1, spread = 2 / (9 * freedom);
    double expected = (double)total / BYTES, square = 0;
    for (int i = 0; i < BYTES; i++) {
        double difference = (double)counts[i] - expected;
        square += difference * difference / expected;
    }
    return (cbrt(square / freedom) - (1 - spread)) / sqrt(spread);
}

static void test_bytes(struct noise_file *file, const uint8_t *bytes, size_t begin, size_t end)
{
    uint64_t counts[BYTES] = {0};
    for (size_t i = begin; i < end; i++) {
        counts[bytes[i]]++;
    }
    file->is_tested = end - begin >= NOISE_MIN;
    file->distance = file->is_tested ? distance_of(counts, end - begin) : 0;
}

bool noise_examine(struct noise_file *out_file, const uint8_t *bytes, size_t length, uint64_t sampled, struct error *err)
{
    struct noise_file file = {.is_sealed = true, .blocks.maximum = BLOCKS_MAX};
    size_t end = length > BODY_BEGIN + TRAILER ? length - TRAILER : BODY_BEGIN;
    memcpy(file.id, bytes + ID_OFFSET, NOISE_ID);
    if (end > BODY_BEGIN) {
        test_bytes(&file, bytes, BODY_BEGIN, end);
    }
    for (size_t at = BODY_BEGIN; at + NOISE_BLOCK <= end; at += NOISE_BLOCK) {
        uint64_t first;
        memcpy(&first, bytes + at, sizeof first);
        if ((first & (sampled - 1)) == 0) {
            struct noise_block block = {.offset = at};
            memcpy(block.bytes, bytes + at, NOISE_BLOCK);
            if (!noise_blocks_append(&file.blocks, block, err)) {
                noise_finish(&file);
                return false;
            }
        }
    }
    *out_file = file;
    return true;
}

void noise_finish(struct noise_file *file)
{
    noise_blocks_finish(&file->blocks);
}
