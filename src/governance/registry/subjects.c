/* SPDX-License-Identifier: EUPL-1.2 */
/* subjects: numbers in ascending order, each once, as they lie in the vault. */
#include "base/file.h"
#include "governance/registry/registry_subjects.h"
#include "governance/registry/registry_vault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };
DEFINE_ARRAY(number_list, int64_t)

struct subjects {
    char path[PATH_SIZE];
    const struct keyring *keyring;
    struct number_list numbers;
    size_t sorted; /* of them; those behind were added since */
};

void subjects_close(struct subjects *subjects)
{
    if (subjects) {
        number_list_finish(&subjects->numbers);
        free(subjects);
    }
}

static struct vault vault_of(const struct subjects *subjects, const struct grant *grant)
{
    return (struct vault){subjects->path, "EMC2SUBJ", KEY_DOMAIN_IDENTIFIERS, subjects->keyring, grant};
}

static bool numbers_take(struct subjects *subjects, const struct buffer *bytes, struct error *err)
{
    size_t count = bytes->length / sizeof(int64_t);
    TRY(bytes->length % sizeof(int64_t) == 0 || FAIL(err, CORRUPT, "the list of a holder's persons is not as emc2 writes it"));
    TRY(number_list_reserve(&subjects->numbers, count + 1, err));
    if (count > 0) {
        memcpy(subjects->numbers.items, bytes->data, bytes->length); /* little-endian */
    }
    subjects->numbers.count = subjects->sorted = count;
    return true;
}

bool subjects_open(struct subjects **out_subjects, const char *warehouse, const char *holder, const struct keyring *keyring,
                   const struct grant *grant, struct error *err)
{
    CLEANUP(subjects) struct subjects *subjects = calloc(1, sizeof *subjects);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = VAULT_BYTES_MAX};
    bool exists;
    if (!subjects) {
        abort(); /* as an arena */
    }
    subjects->keyring = keyring;
    subjects->numbers.maximum = VAULT_BYTES_MAX / sizeof(int64_t) - 16;
    if (snprintf(subjects->path, PATH_SIZE, "%s/subjects/%s.sealed", warehouse, holder) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    struct vault vault = vault_of(subjects, grant);
    TRY(vault_read(&vault, &bytes, &exists, NULL, err) && numbers_take(subjects, &bytes, err));
    *out_subjects = subjects;
    subjects = NULL;
    return true;
}

size_t subjects_count(const struct subjects *subjects)
{
    return subjects->numbers.count;
}

static int number_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

bool subjects_has(const struct subjects *subjects, int64_t subject)
{
    return subjects->sorted > 0 && bsearch(&subject, subjects->numbers.items, subjects->sorted, sizeof subject, number_compare) != NULL;
}

void subjects_clear(struct subjects *subjects)
{
    subjects->numbers.count = subjects->sorted = 0;
}

bool subjects_add(struct subjects *subjects, int64_t subject, struct error *err)
{
    return number_list_append(&subjects->numbers, subject, err);
}

bool subjects_write(struct subjects *subjects, const struct grant *grant, struct error *err)
{
    struct number_list *list = &subjects->numbers;
    struct vault vault = vault_of(subjects, grant);
    char folder[PATH_SIZE];
    size_t kept = 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(subjects->path, '/') - subjects->path), subjects->path);
    TRY(directory_create(folder, 0700, err));
    if (list->count > 0) {
        qsort(list->items, list->count, sizeof *list->items, number_compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || list->items[kept - 1] != list->items[i]) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = subjects->sorted = kept;
    return vault_write(&vault, list->items ? (const void *)list->items : "", kept * sizeof *list->items, NULL, err);
}
