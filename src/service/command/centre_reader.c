/* SPDX-License-Identifier: EUPL-1.2 */
/* centre_reader: which reader an export needs. */
#include "intake/fhir/fhir.h"
#include "service/command/centre.h"
#include <string.h>

bool centre_reader(const char *path, const char *format, reader_run **out_reader, struct error *err)
{
    (void)path;
    if (format && strcmp(format, "fhir") == 0) {
        *out_reader = fhir_read;
        return true;
    }
    FAIL(err, INVALID_ARGUMENT, "this is no format that emc2 reads");
    return error_hint(err, "--format is fhir, flat, omop or snds");
}
