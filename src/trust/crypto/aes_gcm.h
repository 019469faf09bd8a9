/* SPDX-License-Identifier: EUPL-1.2 */
/* aes_gcm: the cipher that OpenSSL looks up once for the whole process (private to crypto). */
#pragma once
#include "base/error.h"
MUST_CHECK bool aes_gcm_start(struct error *err);
