/* SPDX-License-Identifier: EUPL-1.2 */
/* constructs: how often each construct of the cohort program was in what was compared. The list is the program's own enumerations. */
#pragma once
#include "research/cohort/cohort.h"

void constructs_count(const struct cohort_program *program);
/* Prints them all; returns how many were never there. */
size_t constructs_print(void);
