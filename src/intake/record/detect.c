/* SPDX-License-Identifier: EUPL-1.2 */
/* detect: the form of an export by the names of its files. Each form has names that no other one has. */
#include "base/file.h"
#include "intake/record/record_reader.h"
#include <string.h>
#include <sys/stat.h>

enum { FORMATS = READER_OMOP + 1 };
static const char *const names[FORMATS] = {"fhir", "snds", "flat", "omop"};

const char *reader_format_name(enum reader_format format)
{
    return names[format];
}

static bool begins(struct text name, const char *with)
{
    const struct text wanted = text_of(with);
    return name.length >= wanted.length && text_equal_fold((struct text){name.data, wanted.length}, wanted);
}

static bool ends(struct text name, const char *with)
{
    const struct text wanted = text_of(with);
    return name.length > wanted.length && text_equal_fold((struct text){name.data + name.length - wanted.length, wanted.length}, wanted);
}

static bool is_fhir(struct text name)
{
    return (ends(name, ".ndjson") || ends(name, ".ndjson.gz")) && !begins(name, "log.");
}

/* IR_BEN_R, ER_PRS_F[_2009], T_MCO19C, KI_CCI_R; the SNDS's names have no other use. */
static bool is_snds(struct text name)
{
    static const char *const tables[] = {"IR_BEN_R", "IR_IMB_R", "ER_PRS_F", "ER_PHA_F", "T_MCO", "KI_CCI_R"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (begins(name, tables[i])) {
            return true;
        }
    }
    return false;
}

/* The name without .csv, .tsv, .parquet, .gz. */
static struct text stem_of(struct text name)
{
    const char *dot = memchr(name.data, '.', name.length);
    return (struct text){name.data, dot ? (size_t)(dot - name.data) : name.length};
}

static bool is_one_of(struct text stem, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal_fold(stem, text_of(wanted[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_table(struct text name)
{
    return ends(name, ".csv") || ends(name, ".csv.gz") || ends(name, ".tsv") || ends(name, ".parquet");
}

static bool is_flat(struct text name)
{
    static const char *const files[] = {"patient", "donnees_pmsi", "dossier_soins", "style_vie", "patient_adresse"};
    return is_table(name) && is_one_of(stem_of(name), files, sizeof files / sizeof files[0]);
}

static bool is_omop(struct text name)
{
    static const char *const tables[] = {"person", "observation_period", "visit_occurrence", "condition_occurrence", "drug_exposure"};
    return ends(name, ".zip") || (is_table(name) && is_one_of(stem_of(name), tables, sizeof tables / sizeof tables[0]));
}

struct detection {
    const char *directory;
    size_t counts[FORMATS];
    int depth;
};

static void note(struct detection *detection, struct text name)
{
    detection->counts[READER_FHIR] += is_fhir(name);
    detection->counts[READER_SNDS] += is_snds(name);
    detection->counts[READER_FLAT] += is_flat(name);
    detection->counts[READER_OMOP] += is_omop(name);
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

bool reader_detect(const char *path, enum reader_format *out_format, struct error *err)
{
    struct detection detection = {.directory = path};
    struct stat status;
    int found = -1;
    if (stat(path, &status) != 0) {
        return FAIL_ERRNO(err, path, "cannot open the export");
    }
    if (S_ISDIR(status.st_mode)) {
        TRY(directory_visit(path, visit, &detection, err));
    } else {
        const char *leaf = strrchr(path, '/');
        note(&detection, text_of(leaf ? leaf + 1 : path));
    }
    for (int format = 0; format < FORMATS; format++) {
        if (detection.counts[format] && found >= 0) {
            FAIL(err, INVALID_INPUT, "the export has files of %s and of %s", names[found], names[format]);
            return error_hint(err, "keep one form in a directory, or say which one it is");
        }
        found = detection.counts[format] ? format : found;
    }
    if (found < 0) {
        FAIL(err, INVALID_INPUT, "no file of the export says what form it has");
        return error_hint(
            err, "known are FHIR (*.ndjson), SNDS (IR_BEN_R, ER_PRS_F, T_MCO...), flat (patient.csv, ...) and OMOP (person.csv, ...)");
    }
    *out_format = (enum reader_format)found;
    return true;
}
