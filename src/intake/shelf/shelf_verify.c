/* SPDX-License-Identifier: EUPL-1.2 */
/* Verifying shelves: what has to be there is there, and every byte of it is what was written. */
#include "base/file.h"
#include "intake/shelf/shelf_index.h"
#include <stdio.h>
#include <string.h>

struct verifying {
    const struct shelf_place *place;
    void (*problem)(void *context, const char *file, const char *what);
    void *context;
    uint32_t problems;
    bool has_files; /* sealed ones, which only a shelf has that was begun */
};

static void tell(struct verifying *verifying, const char *name, const char *what)
{
    char file[SHELF_NAME_SIZE + 16];
    snprintf(file, sizeof file, "shelves/%.32s", name);
    verifying->problem(verifying->context, file, what);
    verifying->problems++;
}

/* Of the file, not of who reads it. */
static bool is_of_file(const struct error *reason)
{
    return reason->code == ERROR_CORRUPT || reason->code == ERROR_NOT_FOUND || reason->code == ERROR_UNSUPPORTED ||
           reason->code == ERROR_ERASED;
}

/* ---- documents ---- */
static bool note_file(void *context, const char *name, struct error *err)
{
    struct verifying *verifying = context;
    (void)err;
    verifying->has_files = verifying->has_files || strlen(name) == SHELF_NAME_SIZE - 1;
    return true;
}

static bool document_verify(struct verifying *verifying, const char *name, bool is_demanded, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = SHELF_DOCUMENT_MAX};
    struct error reason = {.message = ""};
    bool exists = false;
    TRY(shelf_document_exists(verifying->place, name, &exists, err));
    if (!exists) {
        if (is_demanded) {
            tell(verifying, name, "it is lost");
        }
        return true;
    }
    if (!shelf_document_read(verifying->place, name, &bytes, &reason)) {
        if (!is_of_file(&reason)) {
            *err = reason;
            return false;
        }
        tell(verifying, name, reason.message);
    }
    return true;
}

static bool documents_verify(struct verifying *verifying, struct error *err)
{
    static const char *const names[] = SHELF_DOCUMENTS;
    struct shelf_path directory = {.text = ""};
    bool is_begun = false;
    TRY(shelf_path_make(&directory, verifying->place, NULL, err) && directory_visit(directory.text, note_file, verifying, err));
    TRY(shelf_document_exists(verifying->place, "links", &is_begun, err)); /* the last that is written: see shelves_begin */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        TRY(document_verify(verifying, names[i], is_begun || verifying->has_files, err));
    }
    return true;
}

/* ---- files ---- */
static bool row_pass(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    (void)context, (void)row, (void)bytes, (void)err;
    return true;
}

static bool tokens_pass(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    (void)context, (void)subject, (void)tokens, (void)count, (void)err;
    return true;
}

/* A renewal beside it removes what it replaced. */
static bool demand_named(const struct verifying *verifying, const struct shelf_file *file, struct error *err)
{
    CLEANUP(shelf_index_value) struct shelf_index index = {.entries = {.count = 0}};
    TRY(shelf_index_read(&index, verifying->place, err));
    return shelf_index_names(&index, file->id) || FAIL(err, BUSY, "the shelves were renewed while they were verified: verify them again");
}

static bool file_verify(struct verifying *verifying, const struct shelves *shelves, size_t delivery, const struct shelf_file *file,
                        struct error *err)
{
    struct error reason = {.message = ""};
    char name[SHELF_NAME_SIZE];
    const bool is_whole = file->table == SHELF_FILE_TOKENS ? shelves_tokens(shelves, delivery, tokens_pass, NULL, &reason)
                                                           : shelves_scan(shelves, delivery, file->table, row_pass, NULL, &reason);
    if (is_whole) {
        return true;
    }
    if (!is_of_file(&reason)) {
        *err = reason;
        return false;
    }
    TRY(demand_named(verifying, file, err));
    crypto_hex(name, file->id, KEY_FILE_ID_SIZE);
    tell(verifying, name, reason.message);
    return true;
}

static bool files_verify(struct verifying *verifying, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    TRY(shelves_open(&shelves, verifying->place, err));
    const struct shelf_index *index = shelves_index(shelves);
    for (size_t i = 0; i < index->entries.count; i++) {
        for (size_t f = 0; f < index->entries.items[i].file_count; f++) {
            TRY(file_verify(verifying, shelves, i, &index->entries.items[i].files[f], err));
        }
    }
    return true;
}

bool shelves_verify(const struct shelf_place *place, void (*problem)(void *context, const char *file, const char *what), void *context,
                    uint32_t *out_problems, struct error *err)
{
    struct verifying verifying = {.place = place, .problem = problem, .context = context};
    struct shelf_path directory = {.text = ""};
    struct error reason = {.message = ""};
    bool exists = false;
    *out_problems = 0;
    TRY(shelf_path_make(&directory, place, NULL, err) && file_exists(directory.text, &exists, err));
    if (!exists) {
        return true;
    }
    TRY(documents_verify(&verifying, err));
    if (!files_verify(&verifying, &reason)) {
        if (!is_of_file(&reason)) {
            *err = reason;
            return false;
        }
        if (!verifying.problems) { /* else the index was told */
            tell(&verifying, "index", reason.message);
        }
    }
    *out_problems = verifying.problems;
    return true;
}
