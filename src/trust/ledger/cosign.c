/* SPDX-License-Identifier: EUPL-1.2 */
/* cosign: a witness' cosignature goes into the log's own checkpoint, so that who fetches the checkpoint has it at once. */
#include "base/file.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include <string.h>

enum { FILE_MODE = 0644 };

/* Name and key id of two lines of signature are the same. */
static bool is_same_key(const struct note_signature *a, const struct note_signature *b)
{
    return a->key_id == b->key_id && text_equal(a->name, b->name);
}

/* The line, read by the same reader as any other: as the one signature of a small note. */
static bool parse_line(struct text line, struct buffer *bytes, struct note *out_note, struct error *err)
{
    TRY(buffer_append_text(bytes, "line\n\n", err) && buffer_append(bytes, line.data, line.length, err));
    TRY(note_parse(out_note, bytes->data, bytes->length, err));
    return out_note->count == 1 || FAIL(err, INVALID_INPUT, "one line of cosignature is expected");
}

static bool add_locked(const char *directory, struct text checkpoint_text, struct text line, struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value)
    struct buffer before = {.maximum = NOTE_BYTES_MAX}, after = {.maximum = NOTE_BYTES_MAX}, wrapped = {.maximum = NOTE_BYTES_MAX};
    struct note note, added;
    log_files_path(directory, "checkpoint", path);
    TRY(file_read(path, &before, err) && note_parse(&note, before.data, before.length, err));
    TRY(parse_line(line, &wrapped, &added, err));
    if (text_equal(added.signatures[0].name, note.signatures[0].name)) {
        return FAIL(err, INVALID_ARGUMENT, "the log does not witness itself");
    }
    if (!text_equal(note.text, checkpoint_text)) {
        FAIL(err, NOT_FOUND, "the log has another checkpoint now");
        return error_hint(err, "run the witness again");
    }
    TRY(buffer_append(&after, note.text.data, note.text.length, err) && buffer_append_text(&after, "\n", err));
    for (unsigned i = 0; i < note.count; i++) {
        if (!is_same_key(&note.signatures[i], &added.signatures[0])) {
            TRY(buffer_append(&after, note.signatures[i].line.data, note.signatures[i].line.length, err));
            TRY(buffer_append_text(&after, "\n", err));
        }
    }
    TRY(buffer_append(&after, line.data, line.length, err));
    TRY(note_parse(&added, after.data, after.length, err)); /* nothing that could not be read again */
    return file_write_atomic(path, after.data, after.length, FILE_MODE, err);
}

bool ledger_cosignature_add(const char *directory, struct text checkpoint_text, struct text line, unsigned lock_wait_ms, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    TRY(log_lock_take(&lock, directory, lock_wait_ms > 0 ? lock_wait_ms : LEDGER_LOCK_WAIT_MS, err));
    return add_locked(directory, checkpoint_text, line, err);
}
