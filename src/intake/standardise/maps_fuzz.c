/* SPDX-License-Identifier: EUPL-1.2 */
/* A file of local maps that is anything: taken, or refused with its line. */
#include "intake/standardise/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(standardise) struct standardise *standardise = NULL;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct error err;
    uint64_t maps = 0;
    bool done = standardise_create(&standardise, NULL, NULL, &err) && csv_reader_open_memory(&reader, "labo.csv", data, size, NULL, &err) &&
                maps_take(standardise, reader, "labo.csv", &maps, &err);
    (void)done;
    return 0;
}
