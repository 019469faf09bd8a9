/* SPDX-License-Identifier: EUPL-1.2 */
/* card: a holder's card (docs/formats/cards.md), as the warehouse and the pseudonym authority take it. Private to command. */
#pragma once
#include "intake/delivery/delivery.h"
#include "trust/crypto/crypto_certificate.h"

struct holder_card {
    char name[DELIVERY_NAME_SIZE];
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    bool has_pin;
    uint8_t pin[CRYPTO_PIN_SIZE];
};
/* INVALID_INPUT names the member that is missing or wrong. */
MUST_CHECK bool holder_card_read(struct holder_card *out_card, const char *path, struct error *err);
