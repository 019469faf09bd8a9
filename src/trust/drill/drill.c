/* SPDX-License-Identifier: EUPL-1.2 */
/* drill: lists what the host has, reads each file in a task of its own, gathers in order, and judges at the end. */
#include "trust/drill/drill.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/progress.h"
#include "trust/drill/drill_internal.h"
#include "trust/drill/key_material.h"
#include "trust/drill/mapped.h"
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 10 * 1000 * 1000, DEPTH_MAX = 64, WINDOWS_MAX = 1 << 23, BLOCKS_MAX = 1 << 23, TRIED_MAX = 4096 };

void drilling_find(struct drilling *drilling, const struct drill_file *file, uint64_t offset, const char *what)
{
    const struct drill_finding finding = {file->name, offset, what};
    drilling->report.findings++;
    drilling->finding(drilling->context, &finding);
}

/* ---- which files ---- */
struct listing {
    struct drilling *drilling;
    const char *directory;
    int depth;
};

static bool visit(void *context, const char *name, struct error *err)
{
    const struct listing *listing = context;
    struct drilling *drilling = listing->drilling;
    struct stat facts;
    const char *path = arena_text_format(drilling->arena, "%s/%s", listing->directory, name);
    if (lstat(path, &facts) != 0) {
        return FAIL_ERRNO(err, path, "a file cannot be looked at");
    }
    if (S_ISDIR(facts.st_mode)) {
        struct listing inner = {drilling, path, listing->depth + 1};
        return inner.depth > DEPTH_MAX ? FAIL(err, LIMIT, "directories are nested too deep") : directory_visit(path, visit, &inner, err);
    }
    if (!S_ISREG(facts.st_mode)) {
        drilling->report.passed_over++;
        return true;
    }
    struct drill_file file = {.path = path, .name = path, .size = (uint64_t)facts.st_size};
    drilling->report.bytes += file.size;
    drilling->report.files++;
    return drill_files_append(&drilling->files, file, err);
}

static bool list_files(struct drilling *drilling, struct error *err)
{
    for (size_t i = 0; i < drilling->options->directory_count; i++) {
        struct listing listing = {drilling, drilling->options->directories[i], 0};
        TRY(directory_visit(listing.directory, visit, &listing, err));
    }
    drilling->report.sampled = 1;
    while (drilling->report.bytes / NOISE_BLOCK / drilling->report.sampled > BLOCKS_MAX) {
        drilling->report.sampled *= 2;
    }
    return true;
}

/* ---- each file ---- */
static bool run_file(void *context, size_t index, unsigned worker, struct error *err)
{
    struct drilling *drilling = context;
    struct drill_file *file = &drilling->files.items[index];
    CLEANUP(mapped_value) struct mapped mapped = {0};
    (void)worker;
    scan_init(&file->scan, &drilling->plan);
    if (!mapped_open(&mapped, file->path, err) || !scan_file(&file->scan, file->name, mapped.bytes, mapped.length, err)) {
        return error_detail(err, "%s", file->path);
    }
    progress_add(drilling->progress, mapped.length);
    file->hash = crypto_hash_of(mapped.bytes, mapped.length);
    return !noise_is_sealed(mapped.bytes, mapped.length) ||
           noise_examine(&file->noise, mapped.bytes, mapped.length, drilling->report.sampled, err);
}

/* A backup holds the same files as the store. */
static void find_copy(struct drilling *drilling, size_t index)
{
    struct drill_file *file = &drilling->files.items[index];
    size_t slot;
    memcpy(&slot, file->hash.bytes, sizeof slot);
    for (slot &= drilling->seen_size - 1; drilling->seen[slot]; slot = (slot + 1) & (drilling->seen_size - 1)) {
        const struct drill_file *other = &drilling->files.items[drilling->seen[slot] - 1];
        if (memcmp(other->hash.bytes, file->hash.bytes, CRYPTO_HASH_SIZE) == 0) {
            file->is_copy = true;
            return;
        }
    }
    drilling->seen[slot] = (uint32_t)index + 1;
    drilling->unique_bytes += file->size;
}

/* Two different files of one id would share a key and its nonces. */
static void compare_ids(struct drilling *drilling, size_t index)
{
    struct drill_file *file = &drilling->files.items[index];
    for (size_t i = 0; i < index && !file->is_copy; i++) {
        const struct drill_file *other = &drilling->files.items[i];
        if (other->noise.is_sealed && !other->is_copy && memcmp(other->noise.id, file->noise.id, NOISE_ID) == 0) {
            drilling_find(drilling, file, 0, "another content under the id of a sealed file: its key was used twice, or it was changed");
        }
    }
}

static bool gather_file(void *context, size_t index, struct error *err)
{
    struct drilling *drilling = context;
    struct drill_file *file = &drilling->files.items[index];
    drilling->report.streams += file->scan.streams;
    drilling->report.unpacked_bytes += file->scan.unpacked_bytes;
    drilling->text_bytes += file->scan.text_bytes;
    find_copy(drilling, index);
    if (file->noise.is_sealed) {
        drilling->report.sealed_files++;
        compare_ids(drilling, index);
        drilling->report.sealed_copies += file->is_copy;
    }
    for (size_t i = 0; !file->is_copy && i < file->noise.blocks.count; i++) {
        struct noise_block block = file->noise.blocks.items[i];
        block.file = (uint32_t)index;
        TRY(noise_blocks_append(&drilling->blocks, block, err));
    }
    noise_finish(&file->noise);
    return true;
}

/* ---- keys ---- */
struct trying {
    struct drilling *drilling;
    struct mapped *mapped; /* by number of sealed file */
    size_t *files, count;
};

static bool try_key(void *context, const uint8_t key[32], struct error *err)
{
    struct trying *trying = context;
    struct drilling *drilling = trying->drilling;
    drilling->report.keys++;
    for (size_t i = 0; i < trying->count; i++) {
        bool opens;
        TRY(drill_key_opens(trying->mapped[i].bytes, trying->mapped[i].length, key, &opens, err));
        drilling->report.trials++;
        if (opens) {
            drilling_find(drilling, &drilling->files.items[trying->files[i]], 0, "it opens with a key made of the shares at hand");
        }
    }
    for (size_t i = 0; i < drilling->options->target_count; i++) {
        const struct drill_target *target = &drilling->options->targets[i];
        drilling->report.trials++;
        if (target->opens(target->context, key)) {
            const struct drill_file file = {.name = target->name};
            drilling_find(drilling, &file, 0, "it opens with a key made of the shares at hand");
        }
    }
    return true;
}

static bool try_keys(struct drilling *drilling, struct error *err)
{
    struct trying trying = {.drilling = drilling};
    bool done = true;
    if (drilling->options->share_count == 0) {
        return true;
    }
    trying.mapped = ARENA_ARRAY(drilling->arena, struct mapped, TRIED_MAX);
    trying.files = ARENA_ARRAY(drilling->arena, size_t, TRIED_MAX);
    for (size_t i = 0; done && i < drilling->files.count && trying.count < TRIED_MAX; i++) {
        const struct drill_file *file = &drilling->files.items[i];
        if (file->noise.is_sealed && !file->is_copy) {
            done = mapped_open(&trying.mapped[trying.count], file->path, err);
            trying.files[trying.count] = i;
            trying.count += done;
        }
    }
    done = done && drill_key_material(drilling->options->shares, drilling->options->share_count, try_key, &trying, err);
    for (size_t i = 0; i < trying.count; i++) {
        mapped_close(&trying.mapped[i]);
    }
    return done;
}

/* ---- all of it ---- */
static bool run(struct drilling *drilling, struct error *err)
{
    const struct task_set set = {.count = drilling->files.count, .run = run_file, .merge = gather_file, .context = drilling};
    drilling->seen_size = 1024;
    while (drilling->seen_size < 2 * drilling->files.count) {
        drilling->seen_size *= 2;
    }
    drilling->seen = ARENA_ARRAY(drilling->arena, uint32_t, drilling->seen_size);
    drilling->progress = progress_begin("drill", drilling->report.bytes, "bytes", drilling->options->quiet);
    bool done = task_pool_run(drilling->options->pool, &set, err);
    progress_end(drilling->progress);
    TRY(done && drilling_judge_hits(drilling, err));
    drilling_judge_marks(drilling);
    drilling_judge_noise(drilling);
    return try_keys(drilling, err);
}

static bool prepare(struct drilling *drilling, struct matcher **out_matcher, struct known **out_known, struct error *err)
{
    const struct drill_options *options = drilling->options;
    CLEANUP(arena) struct arena *scratch = arena_create();
    TRY(list_files(drilling, err));
    TRY(planted_forms(drilling->planted, drilling->arena, &drilling->patterns, &drilling->report.too_short, err));
    struct matcher_pattern *patterns = ARENA_ARRAY(scratch, struct matcher_pattern, drilling->patterns.count + 1);
    for (size_t i = 0; i < drilling->patterns.count; i++) {
        patterns[i] = drilling->patterns.items[i].pattern;
    }
    TRY(matcher_create(out_matcher, patterns, drilling->patterns.count, err));
    drilling->report.planted = drilling->planted->strings.count;
    drilling->report.patterns = drilling->patterns.count;
    if (options->plain_count > 0) {
        TRY(known_create(out_known, options->plain_files, options->plain_count, WINDOWS_MAX, err));
        drilling->report.windows = known_windows(*out_known);
        drilling->report.stride = known_stride(*out_known);
    }
    drilling->plan = (struct scan_plan){drilling->planted, &drilling->patterns, *out_matcher, *out_known};
    return true;
}

static void finish(struct drilling *drilling)
{
    for (size_t i = 0; i < drilling->files.count; i++) {
        scan_finish(&drilling->files.items[i].scan);
        noise_finish(&drilling->files.items[i].noise);
    }
    drill_files_finish(&drilling->files);
    noise_blocks_finish(&drilling->blocks);
    planted_patterns_finish(&drilling->patterns);
    arena_destroy(drilling->arena);
}

bool drill_disclosure(const struct drill_planted *planted, const struct drill_options *options,
                      void (*finding)(void *context, const struct drill_finding *finding), void *context, struct drill_report *out_report,
                      struct error *err)
{
    int64_t start = clock_monotonic_ns();
    struct drilling drilling = {.options = options, .planted = planted, .arena = arena_create(), .finding = finding, .context = context};
    struct matcher *matcher = NULL;
    struct known *known = NULL;
    drilling.patterns.maximum = PATTERNS_MAX;
    drilling.files.maximum = FILES_MAX;
    drilling.blocks.maximum = (size_t)2 * BLOCKS_MAX;
    bool done = prepare(&drilling, &matcher, &known, err) && run(&drilling, err);
    if (done) {
        drilling.report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
        *out_report = drilling.report;
    }
    finish(&drilling);
    matcher_destroy(matcher);
    known_destroy(known);
    return done;
}
