/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed: sealed files, by the name that the store's own parts use (private to the store). The interface is public: store_sealed.h. */
#pragma once
#include "warehouse/store/store_sealed.h"
