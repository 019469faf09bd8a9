/* SPDX-License-Identifier: EUPL-1.2 */
/* double: values of one integer column that are there twice (private to delivery). */
#pragma once
#include "intake/delivery/check.h"

MUST_CHECK bool double_find(struct check *check, enum record_table table, enum record_column column, struct error *err);
