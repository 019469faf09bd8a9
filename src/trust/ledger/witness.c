/* SPDX-License-Identifier: EUPL-1.2 */
/* witness: the decision and its one file of state. */
#include "base/file.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include "trust/ledger/ledger_witness.h"
#include <string.h>

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0644 };

enum witness_verdict ledger_witness_judge(const struct checkpoint *last, const struct checkpoint *now, const struct merkle_proof *proof)
{
    if (!last) {
        return WITNESS_COSIGN;
    }
    if (strcmp(last->origin, now->origin) != 0) {
        return WITNESS_OTHER_LOG;
    }
    if (now->size < last->size) {
        return WITNESS_ROLLBACK;
    }
    if (now->size == last->size) {
        return merkle_equal(&now->root, &last->root) ? WITNESS_COSIGN : WITNESS_FORK;
    }
    return merkle_consistency_valid(last->size, now->size, proof, &last->root, &now->root) ? WITNESS_COSIGN : WITNESS_INCONSISTENT;
}

const char *ledger_witness_verdict_text(enum witness_verdict verdict)
{
    switch (verdict) {
    case WITNESS_COSIGN:
        return "cosigned";
    case WITNESS_ROLLBACK:
        return "rollback: the log is shorter than what this witness has cosigned";
    case WITNESS_FORK:
        return "fork: the log has the size that this witness has cosigned, with another root";
    case WITNESS_INCONSISTENT:
        return "rewritten: the log does not begin with what this witness has cosigned";
    case WITNESS_OTHER_LOG:
    default:
        return "another log: this witness' state is of another origin";
    }
}

/* The witness' last word: *out_is_there false when there is none. */
static bool read_state(const char *path, const struct note_signer *witness, bool *out_is_there, struct checkpoint *out_last,
                       struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = NOTE_BYTES_MAX};
    struct note note;
    TRY(file_exists(path, out_is_there, err));
    if (!*out_is_there) {
        return true;
    }
    TRY(file_read(path, &bytes, err));
    if (!checkpoint_open(out_last, &note, bytes.data, bytes.length, NULL, err)) {
        return error_context(err, "the state of the witness");
    }
    if (note_verify(&note, &witness->key, NULL) != NOTE_VALID) {
        FAIL(err, DENIED, "the state of the witness is not cosigned by it: somebody changed it, or it is another witness'");
        return error_hint(err, "bring the state back from a copy; without it the witness has forgotten what it vouched for");
    }
    return true;
}

static bool refuse(enum witness_verdict verdict, const struct checkpoint *last, const struct checkpoint *now, struct error *err)
{
    FAIL(err, CORRUPT, "refused to cosign: %s (%llu entries then, %llu now)", ledger_witness_verdict_text(verdict),
         (unsigned long long)last->size, (unsigned long long)now->size);
    return error_hint(err, "keep both checkpoints: together they prove what happened; ask whoever keeps the log");
}

/* The proof is made of the log's own tiles; if these are false, or missing, it proves nothing, and that is the verdict. */
static bool judge(struct ledger_view *view, const struct checkpoint *last, struct error *err)
{
    const struct checkpoint *now = ledger_view_checkpoint(view);
    struct merkle_proof proof = {0};
    if (now->size > last->size && strcmp(now->origin, last->origin) == 0 && !ledger_view_prove_consistency(view, last, &proof, err) &&
        (!err || err->code != ERROR_CORRUPT)) {
        return false;
    }
    enum witness_verdict verdict = ledger_witness_judge(last, now, &proof);
    return verdict == WITNESS_COSIGN || refuse(verdict, last, now, err);
}

static bool store_state(const char *path, struct ledger_view *view, const struct buffer *line, struct error *err)
{
    CLEANUP(buffer_value) struct buffer cosigned = {.maximum = NOTE_BYTES_MAX};
    const struct note *note = ledger_view_note(view);
    TRY(buffer_append(&cosigned, note->text.data, note->text.length, err) && buffer_append_text(&cosigned, "\n", err));
    /* The log's own signature comes first in its checkpoints; other witnesses' lines are theirs to keep. */
    for (unsigned i = 0; i < note->count; i++) {
        if (text_equal(note->signatures[i].name, text_of(ledger_view_checkpoint(view)->origin))) {
            TRY(buffer_append(&cosigned, note->signatures[i].line.data, note->signatures[i].line.length, err));
            TRY(buffer_append_text(&cosigned, "\n", err));
        }
    }
    TRY(buffer_append(&cosigned, line->data, line->length, err));
    return file_write_atomic(path, cosigned.data, cosigned.length, FILE_MODE, err);
}

bool ledger_witness_run(const char *log_directory, const char *state_directory, const struct note_key *log_key,
                        const struct note_signer *witness, int64_t unix_seconds, struct witness_outcome *out_outcome,
                        struct buffer *out_line, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    struct checkpoint last = {.size = 0};
    char path[FILES_PATH_SIZE];
    bool is_known;
    TRY(directory_create(state_directory, DIRECTORY_MODE, err));
    log_files_path(state_directory, "checkpoint", path);
    TRY(read_state(path, witness, &is_known, &last, err));
    TRY(ledger_view_open(&view, log_directory, log_key, err));
    TRY(!is_known || judge(view, &last, err));
    const struct checkpoint *now = ledger_view_checkpoint(view);
    TRY(note_sign(witness, ledger_view_note(view)->text, unix_seconds, &line, err));
    TRY(store_state(path, view, &line, err));
    TRY(!out_line || buffer_append(out_line, line.data, line.length, err));
    *out_outcome = (struct witness_outcome){*now, !is_known, now->size - last.size};
    return true;
}
