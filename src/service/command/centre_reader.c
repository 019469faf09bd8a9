/* SPDX-License-Identifier: EUPL-1.2 */
/* centre_reader: which reader an export needs. */
#include "intake/fhir/fhir.h"
#include "intake/flat/flat.h"
#include "intake/omopcsv/omopcsv.h"
#include "intake/snds/snds.h"
#include "service/command/centre.h"
#include <string.h>

static const struct reader_form readers[] = {{"fhir", "*.ndjson", fhir_is_file_name, fhir_read},
                                             {"flat", "patient.csv, donnees_pmsi.csv, ...", flat_is_file_name, flat_read},
                                             {"omop", "person.csv, ..., or a zip", omopcsv_is_file_name, omopcsv_read},
                                             {"snds", "IR_BEN_R, ER_PRS_F, T_MCO...", snds_is_file_name, snds_read},
                                             {.name = NULL}};

bool centre_reader(const char *path, const char *format, reader_run **out_reader, struct error *err)
{
    const struct reader_form *form = NULL;
    TRY(format || reader_detect(readers, path, &form, err));
    for (int i = 0; format && readers[i].name; i++) {
        form = strcmp(format, readers[i].name) == 0 ? &readers[i] : form;
    }
    if (form) {
        *out_reader = form->run;
        return true;
    }
    FAIL(err, INVALID_ARGUMENT, "this is no format that emc2 reads");
    return error_hint(err, "--format is fhir, flat, omop or snds; without it the files say which");
}
