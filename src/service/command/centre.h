/* SPDX-License-Identifier: EUPL-1.2 */
/* centre: how a command of a holder opens its centre, and which reader an export needs. Private to command. */
#pragma once
#include "intake/centre/centre.h"
#include "service/command/invocation.h"

const char *centre_directory(const struct invocation *in);
MUST_CHECK bool centre_unlock(const struct invocation *in, struct centre **out_centre, struct error *err);
/* From the first word and the options of the command. */
MUST_CHECK bool centre_export_of(const struct invocation *in, struct centre_export *out_export, struct error *err);
/* format: "fhir", "flat", "omop", "snds", or NULL: by what is in the export. */
MUST_CHECK bool centre_reader(const char *path, const char *format, reader_run **out_reader, struct error *err);
