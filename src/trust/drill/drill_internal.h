/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_internal: one drill: what was found file by file, and the judgement over all of it. */
#pragma once
#include "trust/crypto/crypto.h"
#include "trust/drill/noise.h"
#include "trust/drill/scan.h"

struct drill_file {
    const char *path;
    const char *name; /* what findings show: the directory as it was given, and below it */
    uint64_t size;
    struct scan scan;
    struct noise_file noise;
    struct crypto_hash hash;
    bool is_copy; /* of a file that came before: its short hits are the same chance once more */
};
DEFINE_ARRAY(drill_files, struct drill_file)

struct drilling {
    const struct drill_options *options;
    const struct drill_planted *planted;
    struct planted_patterns patterns;
    struct scan_plan plan;
    struct drill_files files;
    struct noise_blocks blocks; /* of all sealed files */
    uint32_t *seen;             /* files by hash, + 1; 0: empty */
    size_t seen_size;           /* a power of two */
    uint64_t unique_bytes;      /* without copies */
    struct arena *arena;
    struct progress *progress;
    struct drill_report report;
    uint64_t text_bytes;
    void (*finding)(void *context, const struct drill_finding *finding);
    void *context;
};
void drilling_find(struct drilling *drilling, const struct drill_file *file, uint64_t offset, const char *what);
/* Strings: what chance explains is counted, the rest is found (judge.c). */
MUST_CHECK bool drilling_judge_hits(struct drilling *drilling, struct error *err);
void drilling_judge_marks(struct drilling *drilling);
/* Noise: histograms, files that share an id, blocks that are there twice. */
void drilling_judge_noise(struct drilling *drilling);
