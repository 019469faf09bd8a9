/* SPDX-License-Identifier: EUPL-1.2 */
/* centre_reader: which reader an export needs. */
#include "intake/fhir/fhir.h"
#include "intake/flat/flat.h"
#include "intake/omopcsv/omopcsv.h"
#include "intake/snds/snds.h"
#include "service/command/centre.h"
#include <string.h>

static const struct {
    const char *name;
    enum reader_format format;
    reader_run *run;
} readers[] = {{"fhir", READER_FHIR, fhir_read},
               {"flat", READER_FLAT, flat_read},
               {"omop", READER_OMOP, omopcsv_read},
               {"snds", READER_SNDS, snds_read}};
enum { READERS = sizeof readers / sizeof *readers };

bool centre_reader(const char *path, const char *format, reader_run **out_reader, struct error *err)
{
    enum reader_format found = READER_FHIR;
    TRY(format || reader_detect(path, &found, err));
    for (int i = 0; i < READERS; i++) {
        if (format ? strcmp(format, readers[i].name) == 0 : readers[i].format == found) {
            *out_reader = readers[i].run;
            return true;
        }
    }
    FAIL(err, INVALID_ARGUMENT, "this is no format that emc2 reads");
    return error_hint(err, "--format is fhir, flat, omop or snds; without it the files say which");
}
