/* SPDX-License-Identifier: EUPL-1.2 */
/* detect: the form of an export by the names of its files, which each reader knows. Each form has names that no other one has. */
#include "base/file.h"
#include "intake/record/record_reader.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct detection {
    const struct reader_form *forms;
    const char *directory;
    uint32_t found; /* bit i: files of form i */
    int depth;
};

static void note(struct detection *detection, struct text name)
{
    for (int i = 0; detection->forms[i].name; i++) {
        detection->found |= (uint32_t)detection->forms[i].is_file_name(name) << i;
    }
}

static bool visit(void *context, const char *name, struct error *err)
{
    struct detection *detection = context;
    struct stat status;
    CLEANUP(arena) struct arena *arena = arena_create();
    const char *path = arena_text_format(arena, "%s/%s", detection->directory, name);
    note(detection, text_of(name)); /* a table may be a directory of files */
    if (detection->depth > 1 || stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return true;
    }
    const char *before = detection->directory;
    detection->directory = path;
    detection->depth++;
    const bool done = directory_visit(path, visit, detection, err);
    detection->depth--;
    detection->directory = before;
    return done;
}

static bool nothing_found(const struct reader_form *forms, struct error *err)
{
    char known[300] = "";
    for (int i = 0; forms[i].name; i++) {
        const size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s (%s)", i > 0 ? ", " : "", forms[i].name, forms[i].files);
    }
    FAIL(err, INVALID_INPUT, "no file of the export says what form it has");
    return error_hint(err, "known are %s", known);
}

bool reader_detect(const struct reader_form *forms, const char *path, const struct reader_form **out_form, struct error *err)
{
    struct detection detection = {.forms = forms, .directory = path};
    struct stat status;
    if (stat(path, &status) != 0) {
        return FAIL_ERRNO(err, path, "cannot open the export");
    }
    if (S_ISDIR(status.st_mode)) {
        TRY(directory_visit(path, visit, &detection, err));
    } else {
        const char *leaf = strrchr(path, '/');
        note(&detection, text_of(leaf ? leaf + 1 : path));
    }
    if (!detection.found) {
        return nothing_found(forms, err);
    }
    const int first = __builtin_ctz(detection.found);
    const uint32_t others = detection.found & (detection.found - 1);
    if (others) {
        FAIL(err, INVALID_INPUT, "the export has files of %s and of %s", forms[first].name, forms[__builtin_ctz(others)].name);
        return error_hint(err, "keep one form in a directory, or say which one it is");
    }
    *out_form = &forms[first];
    return true;
}
