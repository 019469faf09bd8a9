/* SPDX-License-Identifier: EUPL-1.2 */
/* broken: deliveries that must be refused, each with the reason and with what the message must say. The list is held against
 * delivery_check_all (broken_test.c) and against the program (delivery_test.py, through delivery_make). */
#pragma once
#include "intake/delivery/delivery_forge.h"

extern const struct broken broken_deliveries[];
extern const size_t broken_count;
