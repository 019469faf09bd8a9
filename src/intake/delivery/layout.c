/* SPDX-License-Identifier: EUPL-1.2 */
/* layout: see layout.h. Lengths come from outside: each is held against the size of the file before anything is read by it. */
#include "intake/delivery/layout.h"
#include "base/file.h"
#include "trust/ledger/ledger_merkle.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[9] = "EMC2DELV", end_magic[9] = "EMC2DEND";

/* ---- the head ---- */
static void bound_print(const struct layout_head *head, uint8_t *out)
{
    const uint32_t numbers[2] = {LAYOUT_VERSION, head->intake_epoch}; /* little-endian */
    memcpy(out, magic, 8);
    memcpy(out + 8, &numbers[0], 4);
    memcpy(out + 12, head->holder_key, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(out + 44, head->recipient, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(out + 76, head->id, LAYOUT_ID_SIZE);
    memcpy(out + 92, &numbers[1], 4);
}

bool layout_head_seal(struct layout_head *head, const struct secret *content_key, uint8_t out_bytes[LAYOUT_HEAD_SIZE], struct error *err)
{
    bound_print(head, out_bytes);
    TRY(crypto_envelope_seal(head->sealed_key, head->recipient, LAYOUT_CONTENT_PURPOSE, out_bytes, LAYOUT_BOUND_SIZE,
                             secret_view(content_key), CRYPTO_KEY_SIZE, err));
    memcpy(out_bytes + LAYOUT_BOUND_SIZE, head->sealed_key, sizeof head->sealed_key);
    return true;
}

bool layout_head_parse(struct layout_head *out_head, const uint8_t bytes[LAYOUT_HEAD_SIZE], struct error *err)
{
    struct layout_head head;
    uint32_t version;
    memcpy(&version, bytes + 8, 4);
    if (memcmp(bytes, magic, 8) != 0) {
        return FAIL(err, INVALID_INPUT, "this is not a delivery");
    }
    if (version != LAYOUT_VERSION) {
        FAIL(err, UNSUPPORTED, "the delivery has version %u, this emc2 reads %d", version, LAYOUT_VERSION);
        return error_hint(err, "holder and warehouse must use the same version: update the older one");
    }
    memcpy(head.holder_key, bytes + 12, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(head.recipient, bytes + 44, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(head.id, bytes + 76, LAYOUT_ID_SIZE);
    memcpy(&head.intake_epoch, bytes + 92, 4);
    memcpy(head.sealed_key, bytes + LAYOUT_BOUND_SIZE, sizeof head.sealed_key);
    *out_head = head;
    return true;
}

bool layout_head_open(const struct layout_head *head, const uint8_t bytes[LAYOUT_HEAD_SIZE], const struct secret *intake_key,
                      struct secret **out_content_key, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    TRY(crypto_envelope_public_key(public_key, intake_key, err));
    if (memcmp(public_key, head->recipient, sizeof public_key) != 0) {
        FAIL(err, DENIED, "the delivery is sealed to another warehouse");
        return error_hint(err, "the holder must use the key that `emc2 intake key` prints here");
    }
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    if (!crypto_envelope_open(secret_bytes(key), intake_key, LAYOUT_CONTENT_PURPOSE, bytes, LAYOUT_BOUND_SIZE, head->sealed_key,
                              sizeof head->sealed_key, NULL)) {
        return FAIL(err, DENIED, "the intake key does not open the delivery: its head was changed");
    }
    *out_content_key = key;
    key = NULL;
    return true;
}

void layout_tail_print(const uint8_t signature[CRYPTO_SIGNATURE_SIZE], size_t manifest_length, uint8_t out_bytes[LAYOUT_TAIL_SIZE])
{
    const uint32_t length = (uint32_t)manifest_length;
    memcpy(out_bytes, signature, CRYPTO_SIGNATURE_SIZE);
    memcpy(out_bytes + CRYPTO_SIGNATURE_SIZE, &length, 4);
    memcpy(out_bytes + CRYPTO_SIGNATURE_SIZE + 4, end_magic, 8);
}

/* ---- the file ---- */
static bool not_whole(struct error *err)
{
    FAIL(err, INVALID_INPUT, "the delivery does not end as one: it is cut short, or something was appended");
    return error_hint(err, "ask the holder to send the file again");
}

static bool manifest_read(struct layout_file *file, const char *path, struct error *err)
{
    uint8_t tail[LAYOUT_TAIL_SIZE], mark[4];
    uint32_t length;
    struct crypto_hash head_hash;
    TRY(file_read_at(file->descriptor, file->size - sizeof tail, tail, sizeof tail, path, err));
    memcpy(file->signature, tail, sizeof file->signature);
    memcpy(&length, tail + CRYPTO_SIGNATURE_SIZE, 4);
    if (memcmp(tail + CRYPTO_SIGNATURE_SIZE + 4, end_magic, 8) != 0 || length > DELIVERY_MANIFEST_MAX ||
        file->size < (uint64_t)LAYOUT_HEAD_SIZE + sizeof mark + length + sizeof tail) {
        return not_whole(err);
    }
    file->blocks_end = file->size - sizeof tail - length - sizeof mark;
    TRY(file_read_at(file->descriptor, file->blocks_end, mark, sizeof mark, path, err));
    file->manifest_bytes.maximum = DELIVERY_MANIFEST_MAX;
    TRY(buffer_reserve(&file->manifest_bytes, length, err));
    TRY(file_read_at(file->descriptor, file->blocks_end + sizeof mark, file->manifest_bytes.data, length, path, err));
    file->manifest_bytes.length = length;
    TRY(delivery_manifest_parse(&file->manifest, &head_hash, file->manifest_bytes.data, length, err));
    bool is_one = memcmp(mark, "\0\0\0\0", 4) == 0 && file->manifest.bytes == file->blocks_end - LAYOUT_HEAD_SIZE;
    TRY(is_one || not_whole(err));
    if (!merkle_equal(&head_hash, &file->head_hash)) {
        return FAIL(err, INVALID_INPUT, "the manifest is that of another delivery");
    }
    memcpy(file->manifest.holder_key, file->head.holder_key, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(file->manifest.recipient, file->head.recipient, CRYPTO_PUBLIC_KEY_SIZE);
    file->manifest.intake_epoch = file->head.intake_epoch;
    return true;
}

static bool ends_read(struct layout_file *file, const char *path, struct error *err)
{
    struct stat facts;
    if (fstat(file->descriptor, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot read %s", file->name);
    }
    if (!S_ISREG(facts.st_mode)) {
        return FAIL(err, INVALID_ARGUMENT, "%s is not a plain file", file->name);
    }
    file->size = (uint64_t)facts.st_size;
    if (file->size < LAYOUT_HEAD_SIZE + LAYOUT_TAIL_SIZE) {
        return FAIL(err, INVALID_INPUT, "this is not a delivery: it is too short");
    }
    TRY(file_read_at(file->descriptor, 0, file->head_bytes, sizeof file->head_bytes, path, err));
    file->head_hash = crypto_hash_of(file->head_bytes, sizeof file->head_bytes);
    TRY(layout_head_parse(&file->head, file->head_bytes, err));
    return manifest_read(file, path, err);
}

bool layout_file_open(struct layout_file *out_file, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    struct layout_file file = {.name = slash && slash[1] ? slash + 1 : path};
    file.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file.descriptor < 0) {
        return FAIL_ERRNO(err, path, "cannot open %s", file.name);
    }
    if (!ends_read(&file, path, err)) {
        close(file.descriptor);
        buffer_finish(&file.manifest_bytes);
        return false;
    }
    *out_file = file;
    return true;
}

void layout_file_close(struct layout_file *file)
{
    if (file->size > 0) {
        close(file->descriptor);
    }
    buffer_finish(&file->manifest_bytes);
    *file = (struct layout_file){.size = 0};
}

bool layout_file_authenticate(const struct layout_file *file, const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err)
{
    if (memcmp(holder_key, file->head.holder_key, CRYPTO_PUBLIC_KEY_SIZE) != 0) {
        return FAIL(err, DENIED, "the delivery is signed with another key than that of its holder");
    }
    if (!manifest_signature_valid(file->manifest_bytes.data, file->manifest_bytes.length, file->signature, holder_key)) {
        return FAIL(err, DENIED, "the signature is not the holder's: the manifest was altered, or somebody else signed it");
    }
    return true;
}
