/* SPDX-License-Identifier: EUPL-1.2 */
/* Feeds any bytes to the reader of addresses: what it accepts is local or has TLS and an authority, names one machine and can be shown. */
#include "engines/postgresql/postgresql.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct postgresql_address address;
    char shown[POSTGRESQL_ADDRESS_MAX];
    char *url = malloc(size + 1);
    if (!url) {
        return 0;
    }
    memcpy(url, data, size);
    url[size] = '\0';
    if (postgresql_address_parse(url, &address, &err)) {
        postgresql_address_print(&address, shown);
        const bool is_safe = address.is_local || (address.has_tls && address.authority[0] == '/');
        if (!is_safe || strchr(address.host, ',') || !address.user[0] || !address.database[0] || !address.port) {
            abort();
        }
    }
    free(url);
    return 0;
}
