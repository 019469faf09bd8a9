/* SPDX-License-Identifier: EUPL-1.2 */
/* vocabulary_bench: an invented vocabulary of any size, loaded into a store and asked.
 *   vocabulary_bench [thousands of concepts = 500] [directory = /tmp]
 * A concept has a parent a fifth of its number, so each has about as many ancestors as a real one (11 with 10 M concepts); two rows of
 * CONCEPT_RELATIONSHIP each; names of 3 to 9 words out of 60,000, common ones often. Questions are measured in processor time. Cold: no
 * block is decrypted yet (the operating system's cache of the files stays). One thread. */
#include "base/file.h"
#include "warehouse/vocabulary/vocabulary_example.h"
#include <dirent.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1 << 16, WORDS = 60000, BRANCHES = 5, NAME_SIZE = 128, CACHE = 1 << 30, SET_ITEMS = 10000 };

static uint64_t seed = 1;
static uint64_t random_below(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static int64_t id_of(uint64_t i)
{
    return (int64_t)(1000 + i * 4 + i % 3);
}

static double seconds_since(int64_t started)
{
    return (double)(clock_monotonic_ns() - started) / 1e9;
}

/* Of this process: what it would take on a machine without other work, but for the disk. */
static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double resident_gb(void)
{
    struct error err;
    int64_t resident = 0;
    CLEANUP(buffer_value) struct buffer statm = {.maximum = 4096};
    const char *second = file_read("/proc/self/statm", &statm, &err) ? strchr((const char *)statm.data, ' ') : NULL;
    if (!second || !text_to_i64((struct text){second + 1, strcspn(second + 1, " ")}, &resident)) {
        return 0;
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e9;
}

static double peak_gb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e9;
}

/* ---- making rows ---- */
static char word_letters[WORDS][16];

static void words_make(void)
{
    static const char *const sounds[] = {"ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zy", "tha"};
    for (int i = 0; i < WORDS; i++) {
        unsigned rest = (unsigned)i * 7 + 11;
        size_t length = 0;
        for (int part = 0; part < 5 && (rest > 0 || part < 2); part++) {
            (void)text_copy(word_letters[i] + length, sizeof word_letters[i] - length, text_of(sounds[rest % 16]));
            length += strlen(sounds[rest % 16]);
            rest /= 16;
        }
    }
}

static struct text name_make(char out[NAME_SIZE])
{
    size_t words = 3 + random_below(7), length = 0;
    for (size_t w = 0; w < words && length < NAME_SIZE - 16; w++) {
        uint64_t word = random_below(WORDS);
        word = word * word / WORDS * word / WORDS; /* low numbers come often */
        length += (size_t)snprintf(out + length, NAME_SIZE - length, w ? " %s" : "%s", word_letters[word]);
    }
    return (struct text){out, length};
}

struct batch {
    size_t count;
    int64_t integers[4][BATCH];
    int32_t days[BATCH];
    struct text texts[6][BATCH];
    uint64_t valid[BATCH / 64];
    char names[BATCH][NAME_SIZE], codes[BATCH][16];
};

static struct store_vector integers_of(const struct batch *batch, int column)
{
    return vocabulary_example_integers(batch->integers[column], batch->count);
}
static struct store_vector texts_of(const struct batch *batch, int column, const uint64_t *valid)
{
    return vocabulary_example_texts(batch->texts[column], valid, batch->count);
}

static bool concepts_flush(struct batch *batch, struct segment_builder *builder, struct error *err)
{
    struct store_vector ids = integers_of(batch, 0), dates = {.type = OMOP_DATE, .count = batch->count, .days = batch->days};
    struct store_vector texts[6];
    for (int i = 0; i < 6; i++) {
        texts[i] = texts_of(batch, i, i == 4 ? batch->valid : NULL);
    }
    const struct store_vector *columns[OMOP_CONCEPT_FIELD_COUNT] = {&ids,      &texts[0], &texts[1], &texts[2], &texts[3],
                                                                    &texts[4], &texts[5], &dates,    &dates,    NULL};
    TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT, columns, NULL, batch->count, err));
    batch->count = 0;
    return true;
}

static bool concepts_make(struct batch *batch, struct segment_builder *builder, uint64_t concepts, struct error *err)
{
    static const struct text domains[] = {{"Condition", 9}, {"Drug", 4}, {"Procedure", 9}, {"Observation", 11}};
    for (uint64_t i = 0; i < concepts; i++) {
        size_t at = batch->count++;
        bool is_standard = i % 5 != 4;
        batch->integers[0][at] = id_of(i);
        batch->days[at] = 0;
        batch->texts[0][at] = name_make(batch->names[at]);
        batch->texts[1][at] = domains[i % 4];
        batch->texts[2][at] = is_standard ? TEXT("SNOMED") : TEXT("ICD10");
        batch->texts[3][at] = TEXT("Clinical Finding");
        batch->texts[4][at] = is_standard ? TEXT("S") : TEXT("");
        batch->valid[at / 64] = (at % 64 ? batch->valid[at / 64] : 0) | (uint64_t)is_standard << (at % 64);
        batch->texts[5][at] = (struct text){batch->codes[at], (size_t)snprintf(batch->codes[at], 16, "%llu", (unsigned long long)i * 37)};
        if (batch->count == BATCH || i + 1 == concepts) {
            TRY(concepts_flush(batch, builder, err));
        }
    }
    return true;
}

static bool ancestors_flush(struct batch *batch, struct segment_builder *builder, struct error *err)
{
    struct store_vector above = integers_of(batch, 0), below = integers_of(batch, 1), levels = integers_of(batch, 2);
    const struct store_vector *columns[OMOP_CONCEPT_ANCESTOR_FIELD_COUNT] = {&above, &below, &levels, &levels};
    TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT_ANCESTOR, columns, NULL, batch->count, err));
    batch->count = 0;
    return true;
}

static bool ancestors_make(struct batch *batch, struct segment_builder *builder, uint64_t concepts, struct error *err)
{
    for (uint64_t i = 0; i < concepts; i++) {
        int64_t level = 0;
        for (uint64_t above = i;; above = (above - 1) / BRANCHES, level++) {
            batch->integers[0][batch->count] = id_of(above);
            batch->integers[1][batch->count] = id_of(i);
            batch->integers[2][batch->count] = level;
            if (++batch->count == BATCH) {
                TRY(ancestors_flush(batch, builder, err));
            }
            if (above == 0) {
                break;
            }
        }
    }
    return batch->count == 0 || ancestors_flush(batch, builder, err);
}

static bool relationships_flush(struct batch *batch, struct segment_builder *builder, struct error *err)
{
    struct store_vector from = integers_of(batch, 0), to = integers_of(batch, 1), kinds = texts_of(batch, 0, NULL);
    struct store_vector dates = {.type = OMOP_DATE, .count = batch->count, .days = batch->days};
    const struct store_vector *columns[OMOP_CONCEPT_RELATIONSHIP_FIELD_COUNT] = {&from, &to, &kinds, &dates, &dates, NULL};
    TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP, columns, NULL, batch->count, err));
    batch->count = 0;
    return true;
}

static bool relationships_make(struct batch *batch, struct segment_builder *builder, uint64_t concepts, struct error *err)
{
    for (uint64_t i = 0; i < concepts; i++) {
        uint64_t target = i % 5 == 4 ? i - 1 - random_below(4) : i;
        for (int turn = 0; turn < 2; turn++) {
            size_t at = batch->count++;
            batch->integers[0][at] = id_of(turn ? target : i);
            batch->integers[1][at] = id_of(turn ? i : target);
            batch->texts[0][at] = turn ? TEXT("Mapped from") : TEXT("Maps to");
        }
        if (batch->count == BATCH || i + 1 == concepts) {
            TRY(relationships_flush(batch, builder, err));
        }
    }
    return true;
}

/* ---- loading ---- */
static double directory_mb(const char *path)
{
    double total = 0;
    DIR *directory = opendir(path);
    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry; entry = readdir(directory)) {
        char inside[512];
        struct stat status;
        snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && stat(inside, &status) == 0) {
            total += S_ISDIR(status.st_mode) ? directory_mb(inside) : (double)status.st_size / 1e6;
        }
    }
    if (directory) {
        closedir(directory);
    }
    return total;
}

static void print_step(const char *what, int64_t *started)
{
    static double processor;
    printf("%-36s %8.2f s, %7.2f s of processor   memory %5.2f GB now, %5.2f GB at most\n", what, seconds_since(*started),
           processor_seconds() - processor, resident_gb(), peak_gb());
    fflush(stdout);
    processor = processor_seconds();
    *started = clock_monotonic_ns();
}

static bool load(struct vocabulary_example *example, uint64_t concepts, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct store_snapshot_note note = {.label = "bench"};
    uint32_t snapshot = 0;
    int64_t started = clock_monotonic_ns();
    struct batch *batch = calloc(1, sizeof(*batch));
    bool done = batch && concepts_make(batch, builder, concepts, err) && ancestors_make(batch, builder, concepts, err) &&
                relationships_make(batch, builder, concepts, err);
    free(batch);
    TRY(done);
    printf("%llu concepts, %llu ancestors, %llu relationships\n", (unsigned long long)concepts,
           (unsigned long long)segment_builder_rows(builder, OMOP_TABLE_CONCEPT_ANCESTOR),
           (unsigned long long)segment_builder_rows(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP));
    print_step("make rows, append to the builder", &started);
    TRY(store_writer_open(&writer, example->store, &example->grant, err));
    TRY(vocabulary_index_write(writer, builder, err));
    print_step("write the indexes", &started);
    TRY(store_writer_add(writer, builder, 0, err));
    TRY(store_writer_commit(writer, &note, &snapshot, err));
    print_step("write the segment, commit", &started);
    return true;
}

static bool open_vocabulary(struct vocabulary_example *example, struct error *err)
{
    static const char *const names[] = {"vocabulary.codes", "vocabulary.words", "vocabulary.maps"};
    malloc_trim(0);
    int64_t started = clock_monotonic_ns();
    TRY(store_reader_open(&example->reader, example->store, &example->grant, 0, err));
    TRY(vocabulary_open(&example->vocabulary, example->reader, err));
    print_step("open", &started);
    printf("on disk %.1f MB", directory_mb(example->directory));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint64_t length = 0;
        bool exists = false;
        TRY(store_reader_blob(example->reader, names[i], &length, &exists, err));
        printf(", %s %.1f MB", names[i], (double)length / 1e6);
    }
    printf("\n");
    return true;
}

/* ---- asking ---- */
struct question {
    struct vocabulary_example *example;
    struct arena *result;
    uint64_t concepts, number; /* number: which one of many */
    const char *words;
    uint64_t ancestor;
    const struct concept_set_item *items;
    size_t item_count, answers;
};

static bool ask_id(struct question *question, struct error *err)
{
    const struct concept *concept = NULL;
    TRY(vocabulary_concept(question->example->vocabulary, (concept_id){id_of(question->number * 7919 % question->concepts)},
                           question->result, &concept, err));
    question->answers = concept != NULL;
    return true;
}

static bool ask_code(struct question *question, struct error *err)
{
    const struct concept *concept = NULL;
    char code[24];
    uint64_t i = question->number * 7919 % question->concepts;
    snprintf(code, sizeof(code), "%llu", (unsigned long long)i * 37);
    TRY(vocabulary_concept_by_code(question->example->vocabulary, i % 5 == 4 ? TEXT("ICD10") : TEXT("SNOMED"), text_of(code),
                                   question->result, &concept, err));
    question->answers = concept != NULL;
    return true;
}

static bool ask_descendants(struct question *question, struct error *err)
{
    struct concept_ids ids;
    TRY(vocabulary_descendants(question->example->vocabulary, (concept_id){id_of(question->ancestor)}, question->result, &ids, err));
    question->answers = ids.count;
    return true;
}

static bool ask_words(struct question *question, struct error *err)
{
    const struct concept *concepts = NULL;
    return vocabulary_search(question->example->vocabulary, text_of(question->words), 50, question->result, &concepts, &question->answers,
                             err);
}

static bool ask_set(struct question *question, struct error *err)
{
    struct concept_ids ids;
    TRY(vocabulary_concept_set_resolve(question->example->vocabulary, question->items, question->item_count, question->result, &ids, err));
    question->answers = ids.count;
    return true;
}

static bool measure(const char *what, bool (*ask)(struct question *question, struct error *err), struct question *question, int turns,
                    struct error *err)
{
    double seconds[2] = {0, 0};
    for (int is_warm = 0; is_warm < 2; is_warm++) {
        for (int turn = 0; turn < turns; turn++) {
            if (!is_warm) {
                store_reader_cache_clear(question->example->reader);
            }
            question->number = (uint64_t)turn;
            double started = processor_seconds();
            TRY(ask(question, err));
            seconds[is_warm] += processor_seconds() - started;
            arena_reset(question->result);
        }
    }
    printf("%-44s cold %10.3f ms   warm %10.3f ms   %9zu answers\n", what, seconds[0] / turns * 1e3, seconds[1] / turns * 1e3,
           question->answers);
    fflush(stdout);
    return true;
}

static bool ask_all(struct vocabulary_example *example, uint64_t concepts, struct error *err)
{
    CLEANUP(arena) struct arena *result = arena_create();
    CLEANUP(arena) struct arena *items_arena = arena_create();
    struct concept_set_item *items = ARENA_ARRAY(items_arena, struct concept_set_item, SET_ITEMS);
    struct question question = {.example = example, .result = result, .concepts = concepts, .items = items};
    TRY(measure("concept by id", ask_id, &question, 100, err));
    TRY(measure("concept by code", ask_code, &question, 100, err));
    question.ancestor = concepts / 500;
    TRY(measure("descendants of a specific concept", ask_descendants, &question, 20, err));
    question.ancestor = 1;
    TRY(measure("descendants of a fifth of all", ask_descendants, &question, 3, err));
    static const char *const searches[] = {"thakasedi", "ba ce", "thaka zy", "t", "bace dibace b"};
    for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
        char what[64];
        snprintf(what, sizeof(what), "search \"%s\"", searches[i]);
        question.words = searches[i];
        TRY(measure(what, ask_words, &question, 5, err));
    }
    for (size_t i = 0; i < SET_ITEMS; i++) {
        items[i] = (struct concept_set_item){{id_of(random_below(concepts))}, false, false, false};
    }
    question.item_count = SET_ITEMS;
    TRY(measure("concept set, 10,000 listed", ask_set, &question, 3, err));
    for (size_t i = 0; i < SET_ITEMS; i++) {
        items[i].include_descendants = items[i].include_mapped = true;
        items[i].is_excluded = i % 10 == 9;
    }
    TRY(measure("  the same, descendants, mapped, excluded", ask_set, &question, 3, err));
    items[0] = (struct concept_set_item){{id_of(1)}, false, true, false};
    question.item_count = 1;
    return measure("concept set, a fifth of all", ask_set, &question, 3, err);
}

int main(int count, char **arguments)
{
    struct error err = {0};
    struct vocabulary_example example = {.directory = ""};
    int64_t thousands = 500;
    if (count > 1 && !text_to_i64(text_of(arguments[1]), &thousands)) {
        thousands = 0;
    }
    uint64_t concepts = thousands > 0 ? (uint64_t)thousands * 1000 : 0;
    words_make();
    bool done = concepts > 0 && vocabulary_example_create(&example, count > 2 ? arguments[2] : "/tmp", CACHE, &err) &&
                load(&example, concepts, &err) && open_vocabulary(&example, &err) && ask_all(&example, concepts, &err);
    if (!done) {
        fprintf(stderr, "%s (%s)\n", err.message, err.detail);
    }
    if (example.directory[0] != '\0') {
        printf("memory at the end %.2f GB\n", resident_gb());
        vocabulary_example_destroy(&example);
    }
    return done ? 0 : 1;
}
