/* SPDX-License-Identifier: EUPL-1.2 */
/* birth: date, sex and place of birth as registers and hospitals write them. A date is not base/calendar's day: parts of it may be unknown,
 * and lunar dates have no day in any calendar. Private to identity. */
#pragma once
#include "base/text.h"
#include "intake/identity/identity_place.h"
#include <stdint.h>

enum birth_sex { BIRTH_SEX_UNKNOWN, BIRTH_MALE, BIRTH_FEMALE };
enum birth_sex birth_sex_read(struct text text); /* M, F, H, 1, 2, male, female, homme, femme, masculin, feminin */

struct birth_date {
    uint16_t year;      /* 0: unknown */
    uint8_t month, day; /* 0: unknown */
    bool is_lunar;      /* month or day was written, and no calendar has it: month 13 to 99, 30 February; they are 0 here */
    bool is_default;    /* 1 January or 31 December: what is written where day and month are not known */
};
enum { BIRTH_DATE_LENGTH = 8 };
/* YYYY-MM-DD, YYYYMMDD, DD/MM/YYYY, YYYY-MM, YYYY; a time after the date is passed over. False: none of these, or a year outside 1850
 * to 2100. */
MUST_CHECK bool birth_date_read(struct text text, struct birth_date *out_date);
void birth_date_write(const struct birth_date *date, char out[BIRTH_DATE_LENGTH]); /* YYYYMMDD, no NUL */
