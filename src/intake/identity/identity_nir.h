/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_nir: what makes 13 characters a national number, for whoever must read one (nir.h) or must not let one pass (delivery), and the
 * OIDs under which such numbers stand. */
#pragma once
#include "base/text.h"

enum { NIR_LENGTH = 13 };
/* characters: digits, but for A or B behind the 2 of Corsica. 97 - (number mod 97). */
unsigned nir_key(const char characters[NIR_LENGTH]);
/* A number that the register could give out: 1 to 8 in front (3 to 8 are provisional: IR_NIR_V), a month or what stands for one, a
 * department, an order, not one digit throughout. */
bool nir_is_possible(const char characters[NIR_LENGTH]);

#define INS_OID_ROOT "1.2.250.1.213.1.4."
/* Kinds of national identity numbers, by the OIDs of FR Core (https://hl7.fr/ig/fhir/core). */
enum ins_kind {
    INS_UNSAID,
    INS_NIR,  /* 1.2.250.1.213.1.4.8 */
    INS_NIA,  /* 1.2.250.1.213.1.4.9: waiting for a NIR */
    INS_TEST, /* 1.2.250.1.213.1.4.10 */
    INS_DEMO, /* 1.2.250.1.213.1.4.11 */
    INS_OTHER,
};
enum ins_kind ins_kind_of(struct text oid); /* with or without urn:oid: */
