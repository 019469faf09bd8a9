/* SPDX-License-Identifier: EUPL-1.2 */
/* deliveries: how commands check a delivery against the register, and what becomes of one that is refused. Private to command. */
#pragma once
#include "governance/registry/registry_subjects.h"
#include "intake/delivery/delivery_check.h"
#include "service/command/register.h"

/* What is behind a check; lives as long as the delivery that it opens. */
struct delivery_scene {
    struct delivery_holder holder;
    struct agreement *agreement;
    struct detector *detector;
    struct subjects *subjects; /* of earlier deliveries */
    struct warehouse *warehouse;
    struct delivery_checking checking;
};
void delivery_scene_close(struct delivery_scene *scene);
static inline __attribute__((unused)) void delivery_scene_value_cleanup(struct delivery_scene *scene)
{
    delivery_scene_close(scene);
}
/* For the delivery at `path`: its holder from the register, --names from the command. *out_scene must stay where it is. */
MUST_CHECK bool delivery_scene_open(struct delivery_scene *out_scene, struct invocation *in, struct warehouse *warehouse,
                                    const struct holders *holders, const char *path, struct error *err);
/* True for a plain file that begins as a delivery. */
bool path_is_delivery(const char *path);
/* `load` of a delivery. */
MUST_CHECK bool command_load_delivery(struct invocation *in, struct error *err);
/* Keeps a refused delivery, sealed as it came, and its report in WAREHOUSE/quarantine. out_name: of both, without their endings. */
enum { QUARANTINE_NAME_SIZE = DELIVERY_NAME_SIZE + 48 };
MUST_CHECK bool quarantine_put(const struct warehouse *warehouse, const char *path, const struct delivery_report *report,
                               const struct settings *settings, char out_name[QUARANTINE_NAME_SIZE], struct error *err);
/* Copies a file durably. out_hash (NULL is fine): BLAKE2b-256 of it. */
MUST_CHECK bool file_copy(const char *from, const char *to, uint64_t bytes_max, struct crypto_hash *out_hash, struct error *err);
/* The directory below the warehouse, made when it is not there. */
MUST_CHECK bool warehouse_folder(const struct warehouse *warehouse, const char *name, char out[4096], struct error *err);
