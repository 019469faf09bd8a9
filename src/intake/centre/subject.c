/* SPDX-License-Identifier: EUPL-1.2 */
/* subject: what the warehouse calls a person of this holder, for a list of local identifiers. */
#include "base/csv.h"
#include "base/file.h"
#include "base/task.h"
#include "intake/centre/centre_internal.h"

enum { FLUSH = 1 << 20 };
static const char local_name[] = "local_id", subject_name[] = "subject";

int64_t centre_subject(const struct centre *centre, struct text local_id)
{
    return record_subject(centre->numbers, text_trim(local_id));
}

struct subject_list {
    const struct centre *centre;
    const char *name; /* of the file, in errors */
    size_t local, columns;
    struct csv_writer writer;
    struct file_writer *file;
};

static bool header_copy(struct subject_list *list, const struct csv_record *header, struct error *err)
{
    list->local = list->columns = header->count;
    for (size_t i = 0; i < header->count; i++) {
        const struct text name = text_trim(header->fields[i].text);
        if (text_equal_fold(name, text_of(subject_name))) {
            return FAIL(err, INVALID_INPUT, "%s: line %llu: there is a column subject already", list->name,
                        (unsigned long long)header->line);
        }
        if (list->local == header->count && text_equal_fold(name, text_of(local_name))) {
            list->local = i;
        }
    }
    if (list->local == header->count) {
        FAIL(err, INVALID_INPUT, "%s: line %llu: there is no column local_id", list->name, (unsigned long long)header->line);
        return error_hint(err, "name the column with the identifiers of the export so");
    }
    for (size_t i = 0; i < header->count; i++) {
        TRY(csv_writer_text(&list->writer, i == list->local ? text_of(subject_name) : header->fields[i].text, err));
    }
    return csv_writer_end_record(&list->writer, err);
}

static bool line_copy(struct subject_list *list, const struct csv_record *record, struct error *err)
{
    if (record->count != list->columns) {
        return FAIL(err, INVALID_INPUT, "%s: line %llu has %zu columns, the first line has %zu", list->name,
                    (unsigned long long)record->line, record->count, list->columns);
    }
    for (size_t i = 0; i < record->count; i++) {
        const struct csv_field *field = &record->fields[i];
        if (i != list->local) {
            TRY(field->text.length || field->quoted ? csv_writer_text(&list->writer, field->text, err)
                                                    : csv_writer_null(&list->writer, err));
            continue;
        }
        if (!text_trim(field->text).length) {
            return FAIL(err, INVALID_INPUT, "%s: line %llu: local_id is empty", list->name, (unsigned long long)record->line);
        }
        TRY(csv_writer_i64(&list->writer, centre_subject(list->centre, field->text), err));
    }
    return csv_writer_end_record(&list->writer, err);
}

static bool lines_copy(struct subject_list *list, struct csv_reader *reader, struct buffer *out, uint64_t *out_lines, struct error *err)
{
    struct csv_record record;
    bool more = false;
    uint64_t lines = 0;
    TRY(csv_reader_next(reader, &record, &more, err));
    if (!more) {
        return FAIL(err, INVALID_INPUT, "%s is empty", list->name);
    }
    TRY(header_copy(list, &record, err) && csv_reader_next(reader, &record, &more, err));
    for (; more; lines++) {
        TRY(line_copy(list, &record, err));
        if (out->length >= FLUSH) {
            TRY(file_writer_append(list->file, out->data, out->length, err) && task_check(err));
            buffer_clear(out);
        }
        TRY(csv_reader_next(reader, &record, &more, err));
    }
    *out_lines = lines;
    return file_writer_append(list->file, out->data, out->length, err);
}

bool centre_subjects_write(const struct centre *centre, const char *path, const char *out_path, uint64_t *out_lines, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(file_writer) struct file_writer *file = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 26};
    TRY(csv_reader_open(&reader, path, NULL, err) && file_writer_open(&file, out_path, 0600, err));
    struct subject_list list = {.centre = centre, .name = path, .writer = {.out = &out}, .file = file};
    return lines_copy(&list, reader, &out, out_lines, err) && file_writer_commit(file, err);
}
