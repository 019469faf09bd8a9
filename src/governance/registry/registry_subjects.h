/* SPDX-License-Identifier: EUPL-1.2 */
/* registry_subjects: the technical numbers of the persons that a holder delivered, in WAREHOUSE/subjects/HOLDER.sealed
 * (docs/formats/vault.md): a later delivery may hold rows of them without the persons themselves. 8 bytes a person in memory. */
#pragma once
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

struct subjects;
/* Empty where there is no file. */
MUST_CHECK bool subjects_open(struct subjects **out_subjects, const char *warehouse, const char *holder, const struct keyring *keyring,
                              const struct grant *grant, struct error *err);
void subjects_close(struct subjects *subjects);
DEFINE_CLEANUP(subjects, subjects_close)
size_t subjects_count(const struct subjects *subjects);
bool subjects_has(const struct subjects *subjects, int64_t subject); /* not of what was added since the last write */
void subjects_clear(struct subjects *subjects);                      /* before those of a full delivery */
MUST_CHECK bool subjects_add(struct subjects *subjects, int64_t subject, struct error *err);
/* Each once; durable when it returns. */
MUST_CHECK bool subjects_write(struct subjects *subjects, const struct grant *grant, struct error *err);
