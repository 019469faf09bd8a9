/* SPDX-License-Identifier: EUPL-1.2 */
/* card: see card.h. */
#include "service/command/card.h"
#include "trust/crypto/crypto_json.h"

enum { CARD_BYTES_MAX = 4096 };

static bool wrong(struct error *err, const char *member)
{
    FAIL(err, INVALID_INPUT, "this is not the card of a holder: %s is missing, or is not what it should be", member);
    return error_hint(err, "the holder makes it with `emc2 centre card --out FILE`: docs/formats/cards.md");
}

bool holder_card_read(struct holder_card *out_card, const char *path, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct holder_card card = {.has_pin = false};
    const struct json *root;
    TRY(json_parse_file(&root, scratch, path, CARD_BYTES_MAX, err));
    const struct json *format = json_member_text(root, "format"), *holder = json_member_text(root, "holder");
    TRY((format && text_equal(format->text, TEXT("emc2 holder card"))) || wrong(err, "format"));
    TRY((holder && text_copy(card.name, sizeof card.name, holder->text)) || wrong(err, "holder"));
    TRY(crypto_member_hex(root, "public_key", card.public_key, sizeof card.public_key) || wrong(err, "public_key"));
    card.has_pin = json_member(root, "tls_pin") != NULL;
    TRY(!card.has_pin || crypto_member_hex(root, "tls_pin", card.pin, sizeof card.pin) || wrong(err, "tls_pin"));
    *out_card = card;
    return true;
}
