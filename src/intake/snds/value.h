/* SPDX-License-Identifier: EUPL-1.2 */
/* value: single values as the SNDS writes them: codes that are text in one table and a number in the next, five forms of dates, communes in
 * the ways of four schemes, establishments with and without check digit, medicines in two lengths (private to snds). */
#pragma once
#include "base/calendar.h"
#include "base/text.h"
#include "intake/snds/snds_facts.h"

enum { COMMUNE_SIZE = 6, FINESS_SIZE = 10, CODE_SIZE = 16 };

/* Without blanks; what stands for a missing value (empty, ".", NA, NULL) is empty. */
struct text value_plain(struct text text);
/* A code to compare: plain; of digits alone, without leading zeros and without ".0" ("01", "1", "1.0" are the same). */
struct text value_code(struct text text);
/* The same value for dates that mean none: before 1900 ("alive" is 1600-01-01), from 2099 on. */
enum value_day { DAY_READ, DAY_NONE, DAY_WRONG };
/* YYYY-MM-DD with or without a time, ddmmyyyy (also with seven digits), ddMONyyyy with or without :hh:mm:ss, dd/mm/yyyy, yyyymmdd. */
enum value_day value_day(struct text text, day *out_day);
/* Letters, digits, '+' and '-' only, in capitals; false when there is anything else, nothing, or too much. Dots and blanks go. */
bool value_clean(struct text text, char *out, size_t size);

/* The INSEE code of a commune from BEN_RES_DPT and BEN_RES_COM; false when they give none. is_rsi: of the scheme of the self-employed. */
bool value_commune(struct text department, struct text commune, bool is_rsi, char out[COMMUNE_SIZE]);
/* FINESS with nine digits: of a PMSI table (a leading zero may be lost), of a DCIR table (eight digits, the check digit is added). False:
 * none. */
bool value_finess_pmsi(struct text text, char out[FINESS_SIZE]);
bool value_finess_dcir(struct text text, char out[FINESS_SIZE]);
/* The double upload of some hospitals until 2017: the geographic number is left out. */
bool value_finess_is_double(const char *finess, int year, bool is_outpatient);
/* CIP13 or CIP7, UCD with seven digits, CCAM with seven characters, NABM with four digits, LPP with seven. False: no code. */
bool value_cip13(struct text text, char out[CODE_SIZE]);
bool value_cip7(struct text text, char out[CODE_SIZE]);
bool value_ucd(struct text text, char out[CODE_SIZE]);
bool value_ccam(struct text text, char out[CODE_SIZE]);
bool value_digits(struct text text, size_t length, char out[CODE_SIZE]); /* padded to length; all zeros or nines are no code */
bool value_cim10(struct text text, char out[CODE_SIZE]);
/* NIR_ANO_17 of nobody: xxxxxxxxxxxxxxxxx, XXXXXXXXXXXXXXXXD. */
bool value_person_is_junk(struct text text);
/* The value of a code in one of the lists of spec/snds_codes.csv; NULL: not there. */
const char *value_listed(enum snds_list list, struct text code);
