/* SPDX-License-Identifier: EUPL-1.2 */
/* person exclude: an objection takes effect at once. */
#include "base/file.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include "warehouse/store/store_erasure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 27, PERSONS_MAX = 1 << 22 };
DEFINE_ARRAY(id_list, int64_t)
static void id_list_value_cleanup(struct id_list *list)
{
    id_list_finish(list);
}

/* Ids between commas, blanks and line breaks. */
static bool ids_read(const char *bytes, size_t length, const char *where, struct id_list *out, struct error *err)
{
    size_t line = 1;
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && !strchr(", \t\r\n", bytes[end])) {
            end++;
        }
        int64_t id;
        if (end > at && !text_to_i64((struct text){bytes + at, end - at}, &id)) {
            FAIL(err, INVALID_INPUT, "%s: line %zu is not a person_id: nobody was excluded", where, line);
            return error_hint(err, "a person_id is a whole number; write one on each line");
        }
        TRY(end == at || id_list_append(out, id, err));
        line += end < length && bytes[end] == '\n';
        at = end + 1;
    }
    return true;
}

static int id_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Each once; in the order in which they were given, so that an error can name the place. */
static bool ids_check(const struct id_list *list, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    int64_t *sorted = ARENA_ARRAY(scratch, int64_t, list->count + 1);
    if (list->count == 0) {
        FAIL(err, INVALID_ARGUMENT, "who is to be excluded?");
        return error_hint(err, "name persons with --person ID or --file FILE");
    }
    memcpy(sorted, list->items, list->count * sizeof *sorted);
    qsort(sorted, list->count, sizeof *sorted, id_compare);
    for (size_t i = 1; i < list->count; i++) {
        if (sorted[i] == sorted[i - 1]) {
            return FAIL(err, INVALID_ARGUMENT, "a person is named twice: nobody was excluded");
        }
    }
    return true;
}

static bool persons_read(const struct invocation *in, struct id_list *out, struct error *err)
{
    const char *persons = invocation_value(in, "person"), *file = invocation_value(in, "file");
    if (persons) {
        TRY(ids_read(persons, strlen(persons), "--person", out, err));
    }
    if (file) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = FILE_BYTES_MAX};
        TRY(file_read(file, &bytes, err));
        TRY(ids_read((const char *)bytes.data, bytes.length, "the file", out, err));
    }
    return ids_check(out, err);
}

static bool show(const struct invocation *in, uint32_t snapshot, size_t named, size_t new_ones, struct error *err)
{
    if (!invocation_flag(in, "json")) {
        if (new_ones == 0) {
            printf("all %zu were excluded before: nothing changes\n", named);
        } else {
            printf("snapshot %u: %zu person%s excluded. Nothing of them comes out any more, of any snapshot\n", snapshot, new_ones,
                   new_ones == 1 ? "" : "s");
            printf("next: `emc2 compact` takes their rows out of the files and destroys the old keys\n");
        }
        return true;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "snapshot", err) && json_i64(&writer, snapshot, err));
    TRY(json_name(&writer, "excluded", err) && json_i64(&writer, (int64_t)new_ones, err));
    TRY(json_name(&writer, "excluded_before", err) && json_i64(&writer, (int64_t)(named - new_ones), err));
    return json_end_object(&writer, err) && print_buffer(&out, err);
}

bool command_person_exclude(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    __attribute__((cleanup(id_list_value_cleanup))) struct id_list persons = {.maximum = PERSONS_MAX};
    const char *reason = invocation_value(in, "reason");
    uint32_t snapshot;
    size_t new_ones;
    if (!reason || !reason[0]) {
        FAIL(err, INVALID_ARGUMENT, "an exclusion needs a reason");
        return error_hint(err, "say why with --reason 'objection of 2026-11-20'; it is kept with the snapshot");
    }
    TRY(persons_read(in, &persons, err));
    TRY(warehouse_open(&warehouse, in, "person exclude", GRANT_ERASE | GRANT_LOAD, err));
    TRY(warehouse_record(&warehouse, LEDGER_ACT_EXCLUDE, NULL, "reason", text_of(reason), err));
    TRY(store_exclude(warehouse.store, &warehouse.grant, persons.items, persons.count, reason, &snapshot, &new_ones, err));
    return show(in, snapshot, persons.count, new_ones, err);
}
