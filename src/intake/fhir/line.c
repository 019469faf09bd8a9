/* SPDX-License-Identifier: EUPL-1.2 */
/* line: one resource: members, references, dates, codes. */
#include "intake/fhir/fhir_internal.h"
#include <string.h>

const struct json *fhir_item(const struct json *node, size_t index)
{
    if (node && node->kind == JSON_ARRAY) {
        return index < node->count ? &node->items[index] : NULL;
    }
    return index == 0 ? node : NULL;
}

const struct json *node_first(const struct json *node)
{
    return fhir_item(node, 0);
}

size_t node_count(const struct json *node)
{
    return !node ? 0 : node->kind == JSON_ARRAY ? node->count : 1;
}

bool node_is_true(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);
    return node && node->kind == JSON_TRUE;
}

bool node_number(const struct json *object, const char *name, double *out)
{
    const struct json *node = json_member(object, name);
    if (!node || (node->kind != JSON_INTEGER && node->kind != JSON_NUMBER)) {
        return false;
    }
    *out = node->number;
    return true;
}

struct text node_code(const struct json *concept)
{
    const struct json *codings = json_member(concept, "coding");
    for (size_t i = 0; i < node_count(codings); i++) {
        struct text code = text_trim(node_text(fhir_item(codings, i), "code"));
        if (code.length > 0) {
            return code;
        }
    }
    return (struct text){"", 0};
}

const struct json *node_extension(const struct json *object, const char *url_end)
{
    const struct json *extensions = json_member(object, "extension");
    const struct text wanted = text_of(url_end);
    for (size_t i = 0; i < node_count(extensions); i++) {
        const struct json *extension = fhir_item(extensions, i);
        struct text url = node_text(extension, "url");
        if (url.length >= wanted.length) {
            struct text end = {url.data + url.length - wanted.length, wanted.length};
            if (text_equal_fold(end, wanted)) {
                return extension;
            }
        }
    }
    return NULL;
}

void line_find(struct line *line, const char *field, const char *words)
{
    line->is_faulty = true;
    tally_find(line->out->tally, line->piece->file->name, line->number, field, words);
}

/* ---- references ---- */
static size_t find_last(struct text text, char wanted, size_t from)
{
    for (size_t i = from; i-- > 0;) {
        if (text.data[i] == wanted) {
            return i;
        }
    }
    return SIZE_MAX;
}

struct text line_reference(const struct json *reference, const char *type)
{
    struct text text = text_trim(node_text(reference, "reference"));
    const struct text none = {"", 0}, wanted = text_of(type), uuid = TEXT("urn:uuid:"), version = TEXT("/_history/");
    if (text.length == 0 || text.data[0] == '#' || memchr(text.data, '?', text.length)) {
        return none;
    }
    if (text_starts_with(text, uuid)) {
        return (struct text){text.data + uuid.length, text.length - uuid.length};
    }
    const char *history = memmem(text.data, text.length, version.data, version.length);
    text.length = history ? (size_t)(history - text.data) : text.length;
    const size_t slash = find_last(text, '/', text.length);
    if (slash == SIZE_MAX) {
        return none;
    }
    const size_t before = find_last(text, '/', slash);
    const size_t begin = before == SIZE_MAX ? 0 : before + 1;
    const struct text named = {text.data + begin, slash - begin};
    return text_equal(named, wanted) ? (struct text){text.data + slash + 1, text.length - slash - 1} : none;
}

bool line_subject(struct line *line, const char *member)
{
    struct text id = line_reference(json_member(line->root, member), "Patient");
    if (id.length > 0) {
        line->subject = record_subject(line->fhir->options->numbers, id);
        if (references_find(line->fhir->references, line->subject)) {
            return true;
        }
    }
    (void)line_drop(line, (int)line->resource, OUTCOME_NO_SUBJECT);
    return false;
}

void line_stay(const struct line *line, const char *member, struct stay *out)
{
    struct text id = line_reference(json_member(line->root, member), "Encounter");
    *out = (struct stay){0};
    if (id.length == 0) {
        return;
    }
    out->number = record_number(line->fhir->options->numbers, "Encounter", id);
    const uint64_t *kept = references_find(line->fhir->references, out->number);
    if (kept) {
        out->has_start = *kept & STAY_HAS_START;
        out->start = (struct moment){{(int32_t)(*kept >> 32)}, *kept & STAY_HAS_TIME, (int32_t)(*kept >> 8 & 0x1ffff)};
        out->number = *kept & STAY_TAKEN ? out->number : 0; /* a stay that is no row cannot be referred to */
    }
}

int64_t line_record(const struct line *line)
{
    return record_number(line->fhir->options->numbers, fhir_place_name((int)line->resource), line->id);
}

/* ---- dates ---- */
bool line_moment(struct line *line, const struct json *object, const char *name, bool is_end, struct moment *out)
{
    const struct json *node = json_member(object, name);
    if (!node || node->kind == JSON_NULL) {
        return false;
    }
    if (node->kind != JSON_STRING || moment_read(node->text, is_end, line->fhir->zone_minutes, out) == MOMENT_INVALID) {
        line_find(line, name, "no date of FHIR (YYYY, YYYY-MM, YYYY-MM-DD, YYYY-MM-DDThh:mm:ss+zz:zz)");
        return false;
    }
    return true;
}

void line_when(struct line *line, const struct json *object, const char *date_time, const char *period, struct when *when)
{
    if (!when->has_start && date_time) {
        when->has_start = line_moment(line, object, date_time, false, &when->start);
    }
    const struct json *interval = period ? json_member(object, period) : NULL;
    if (interval) {
        if (!when->has_start) {
            when->has_start = line_moment(line, interval, "start", false, &when->start);
        }
        if (!when->has_end) {
            when->has_end = line_moment(line, interval, "end", true, &when->end);
        }
    }
}

void when_of_stay(struct when *when, const struct stay *stay)
{
    if (!when->has_start && stay->has_start) {
        when->start = stay->start;
        when->has_start = true;
    }
}

/* ---- codes ---- */
static struct text room_text(struct line *line, struct text first, struct text second)
{
    if (first.length + second.length > sizeof line->room - line->room_used) {
        return (struct text){"", 0};
    }
    char *at = line->room + line->room_used;
    memcpy(at, first.data, first.length);
    memcpy(at + first.length, second.data, second.length);
    line->room_used += first.length + second.length;
    return (struct text){at, first.length + second.length};
}

static int score_of(const struct json *coding, enum record_system system, enum record_system preferred)
{
    return (system == preferred && system != RECORD_SYSTEM_COUNT ? 4 : 0) + (node_is_true(coding, "userSelected") ? 2 : 0) +
           (system != RECORD_SYSTEM_COUNT ? 1 : 0);
}

static bool write_code(struct line *line, const struct json *coding, enum record_system system, const char *field, struct coded *out)
{
    char code[RECORD_CODE_SIZE];
    const size_t length = record_code_normalise(system, node_text(coding, "code"), code);
    if (length == 0) {
        line_find(line, field, "a code that is empty or longer than 255 bytes");
        return false;
    }
    out->code = room_text(line, (struct text){code, length}, TEXT(""));
    out->system = system != RECORD_SYSTEM_COUNT ? text_of(record_system_name(system))
                                                : room_text(line, TEXT("LOCAL:"), text_trim(node_text(coding, "system")));
    if (out->code.length == 0 || out->system.length == 0 || out->system.length > RECORD_TEXT_MAX) {
        line_find(line, field, "a code system whose name is too long");
        return false;
    }
    return true;
}

enum record_outcome line_code(struct line *line, const struct json *concept, enum record_system preferred, const char *field,
                              struct coded *out)
{
    const struct json *codings = json_member(concept, "coding"), *best = NULL;
    enum record_system best_system = RECORD_SYSTEM_COUNT;
    int best_score = -1;
    for (size_t i = 0; i < node_count(codings); i++) {
        const struct json *coding = fhir_item(codings, i);
        if (text_trim(node_text(coding, "code")).length == 0) {
            continue;
        }
        const enum record_system system = record_system_of_uri(text_trim(node_text(coding, "system")));
        const int score = score_of(coding, system, preferred);
        if (score > best_score) {
            best = coding;
            best_system = system;
            best_score = score;
        }
    }
    if (!best) {
        return node_text(concept, "text").length > 0 ? OUTCOME_FREE_TEXT : OUTCOME_NO_CODE;
    }
    return write_code(line, best, best_system, field, out) ? OUTCOME_TAKEN : OUTCOME_NO_CODE;
}
