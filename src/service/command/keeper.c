/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper run: the process that holds the keys of one warehouse. It begins sealed and ends at SIGTERM or Ctrl-C. */
#include "service/command/keeper.h"
#include "base/file.h"
#include "base/log.h"
#include "service/command/commands.h"
#include "service/command/keeper_log.h"
#include "service/command/warehouse.h"
#include <stdio.h>

enum { PATH_SIZE = 4096 };

static bool path_in(char out[PATH_SIZE], const char *directory, const char *name, struct error *err)
{
    bool fits = snprintf(out, PATH_SIZE, "%s/%s", directory, name) < PATH_SIZE;
    return fits ? true : FAIL(err, INVALID_ARGUMENT, "the path of the keys is too long");
}

bool keeper_socket_path(const struct invocation *in, char out_path[PATH_SIZE], struct error *err)
{
    const char *named = invocation_value(in, "keeper");
    if (named) {
        bool fits = snprintf(out_path, PATH_SIZE, "%s", named) < PATH_SIZE;
        return fits ? true : FAIL(err, INVALID_ARGUMENT, "the path of the keeper's socket is too long");
    }
    return path_in(out_path, warehouse_directory(in), "keys/keeper.sock", err);
}

bool keeper_custody_is_threshold(const char *keys, bool *out_is_threshold, struct error *err)
{
    char record[PATH_SIZE], root[PATH_SIZE];
    bool has_record, has_root;
    TRY(path_in(record, keys, "custody.json", err) && path_in(root, keys, "root.sealed", err));
    TRY(file_exists(record, &has_record, err) && file_exists(root, &has_root, err));
    *out_is_threshold = has_record && !has_root;
    return true;
}

/* No socket, or nobody behind it: there is no keeper. Whoever answers but is not to be trusted is no reason to go on. */
bool keeper_is_no_obstacle(const struct invocation *in, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct error reason = {.message = ""};
    struct keeper_status status;
    char path[PATH_SIZE];
    bool exists;
    TRY(keeper_socket_path(in, path, err) && file_exists(path, &exists, err));
    if (!exists) {
        return true;
    }
    if (!keeper_link_open(&link, path, &reason) || !keeper_link_status(link, &status, &reason)) {
        if (reason.code != ERROR_DENIED) {
            return true;
        }
        if (err) {
            *err = reason;
        }
        return false;
    }
    if (status.is_unsealed) {
        FAIL(err, BUSY, "the keeper is unsealed, and would go on with the old keys");
        return error_hint(err, "seal it with `emc2 key seal`, change the root key, and unseal it again");
    }
    return true;
}

/* Twice: for whoever reads the service's log, and in the verifiable one. Names and counts, never a key. */
static bool act_log(void *context, const struct keeper_act *act, struct error *err)
{
    char count[COUNT_TEXT_SIZE];
    log_write(LOG_LEVEL_INFO, "keeper", "%s%s%s%s%s%s%s, user %u, process %u%s%s", keeper_act_name(act->kind), act->who ? ": " : "",
              act->who ? act->who : "", act->grant ? ", for " : "", act->grant ? act->grant->purpose : "", act->count > 0 ? ", " : "",
              act->count > 0 ? count_text(act->count, count) : "", act->user, act->process, act->why ? ": " : "", act->why ? act->why : "");
    return keeper_log_act(context, act, err);
}

static bool options_fill(struct keeper_options *options, const struct invocation *in, struct keeper_log *keeper_log, const char *keys,
                         const char *socket_path, struct error *err)
{
    static char path[PATH_SIZE];
    bool is_threshold;
    *options = (struct keeper_options){.directory = keys,
                                       .socket_path = socket_path,
                                       .listener = {.act = act_log, .ready = keeper_log_ready, .context = keeper_log},
                                       .unsealed_seconds_max = settings_get(&in->settings, SETTING_KEEPER_UNSEALED_SECONDS_MAX),
                                       .idle_seconds_max = settings_get(&in->settings, SETTING_KEEPER_IDLE_SECONDS_MAX),
                                       .connections_max = (unsigned)settings_get(&in->settings, SETTING_KEEPER_CONNECTIONS_MAX)};
    TRY(store_identify(warehouse_directory(in), options->store_id, err));
    TRY(keeper_custody_is_threshold(keys, &is_threshold, err));
    TRY(path_in(path, keys, is_threshold ? "custody.json" : "root.sealed", err));
    if (is_threshold) {
        keeper_threshold_sink(&options->sink, path, options->store_id);
    } else {
        keeper_passphrase_sink(&options->sink, path, options->store_id);
    }
    return true;
}

bool command_keeper_run(struct invocation *in, struct error *err)
{
    CLEANUP(keeper_log) struct keeper_log *keeper_log = keeper_log_create(warehouse_directory(in));
    CLEANUP(keeper) struct keeper *keeper = NULL;
    struct keeper_options options;
    char keys[PATH_SIZE], socket_path[PATH_SIZE];
    const char *named_keys = invocation_value(in, "keys"), *named_socket = invocation_value(in, "socket");
    bool is_memory_locked = keeper_process_lock_memory();
    TRY(named_keys ? path_in(keys, named_keys, "", err) : path_in(keys, warehouse_directory(in), "keys", err));
    TRY(path_in(socket_path, keys, "keeper.sock", err));
    TRY(options_fill(&options, in, keeper_log, keys, named_socket ? named_socket : socket_path, err));
    options.is_memory_locked = is_memory_locked;
    TRY(keeper_open(&keeper, &options, err));
    TRY(keeper_process_harden(err)); /* giving the socket to a group may have taken a capability */
    /* Here, and nowhere later, everything that the keeper will open is open but the files of keys/: the place to confine the process to
     * them and to its socket. */
    if (!is_memory_locked) {
        log_write(LOG_LEVEL_WARNING, "keeper",
                  "only the keys themselves are locked against swap: raise the limit of locked memory (LimitMEMLOCK=infinity)");
    }
    log_write(LOG_LEVEL_INFO, "keeper", "sealed, listening at %s; the next step is `emc2 key unseal`", options.socket_path);
    return keeper_serve(keeper, err);
}
