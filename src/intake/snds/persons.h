/* SPDX-License-Identifier: EUPL-1.2 */
/* persons: the table of the persons of an export, as persons.c makes it and persons_give.c tells it (private to snds). */
#pragma once
#include "intake/snds/snds_internal.h"

enum nir_kind { NIR_PLAIN, NIR_FICTIVE, NIR_FLAGGED };
/* One row of IR_BEN_R. */
struct link {
    int64_t psa, subject, alias;     /* alias: what KI_* may call the person; 0: nothing */
    int32_t updated, inserted, died; /* days; INT32_MIN: none */
    uint32_t person;
    int16_t birth_year, rank;
    uint8_t birth_month, sex, scheme;
    uint8_t outcome; /* enum record_outcome */
    bool has_ano, is_fictive;
    char commune[COMMUNE_SIZE];
};
DEFINE_ARRAY(links, struct link)
struct person {
    int64_t subject;
    uint64_t identity_row;
    int32_t died, inserted, first, last; /* days; INT32_MIN: none */
    int16_t birth_year;
    uint8_t birth_month, sex, scheme, death_source, identity_score;
    uint8_t rank; /* the highest of those that the person has */
    char commune[COMMUNE_SIZE], cause[CODE_SIZE];
};
/* Whom a PSA and rank name: what is left of a link once everybody is known. */
struct seat {
    int64_t psa, owner;
    uint32_t person;
    int16_t rank;
    uint8_t outcome; /* enum record_outcome */
};
struct alias {
    int64_t alias;
    uint32_t person;
};
struct persons {
    struct links links; /* empty once they are seats */
    struct seat *seats; /* by psa, rank */
    size_t seat_count;
    uint32_t *directory; /* the first seat of each value of the highest bits of psa */
    unsigned directory_bits;
    struct person *items; /* by subject */
    size_t count;
    struct alias *aliases; /* by alias */
    size_t alias_count;
};
enum { NO_DAY = INT32_MIN, SCHEME_RSI = 3, SCHEME_GENERAL = 1 };
static const uint32_t NOBODY = UINT32_MAX;
/* From the links of one person: sex and birth by majority, residence and scheme of the row that was changed last. */
void person_settle(struct run *run, struct person *person, const struct link *links, size_t count);
