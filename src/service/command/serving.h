/* SPDX-License-Identifier: EUPL-1.2 */
/* serving: what the commands that answer over the network have in common: where they listen, their certificate, their limits. Private to
 * command. */
#pragma once
#include "service/command/invocation.h"
#include "service/http/http.h"

struct serving_options {
    const char *name;          /* in the certificate, for people */
    const struct secret *seed; /* of the certificate; borrowed */
    const char *spool;         /* emptied, and made */
    struct http_service service;
    bool in_french;
};
/* Listens at --listen, says so, and answers until the process is told to stop. */
MUST_CHECK bool serving_run(const struct invocation *in, const struct serving_options *options, struct error *err);
/* A certificate for some years, as PEM. */
MUST_CHECK bool serving_certificate(struct buffer *out_pem, const struct secret *seed, const char *name, struct error *err);
