/* SPDX-License-Identifier: EUPL-1.2 */
/* note_fuzz: a signed note and a public key from outside. What is accepted holds exactly the lines it was read from. */
#include "trust/ledger/ledger_note.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct note note;
    struct error err;
    struct note_key key;
    if (note_parse(&note, data, size, &err)) {
        size_t length = note.text.length + 1;
        assert(note.count >= 1 && note.text.data[note.text.length - 1] == '\n' && data[note.text.length] == '\n');
        for (unsigned i = 0; i < note.count; i++) {
            length += note.signatures[i].line.length + 1;
            key = (struct note_key){.algorithm = i % 2 ? NOTE_COSIGNATURE : NOTE_ED25519};
            enum note_verdict verdict =
                text_copy(key.name, sizeof key.name, note.signatures[i].name) ? note_verify(&note, &key, NULL) : NOTE_ABSENT;
            assert(verdict != NOTE_VALID); /* the key of nobody */
        }
        assert(length == size);
    }
    if (note_key_parse(&key, (struct text){(const char *)data, size}, &err)) {
        char vkey[NOTE_VKEY_SIZE];
        note_key_print(&key, vkey);
        assert(text_equal(text_trim((struct text){(const char *)data, size}), text_of(vkey)));
    }
    return 0;
}
