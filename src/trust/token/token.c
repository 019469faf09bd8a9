/* SPDX-License-Identifier: EUPL-1.2 */
/* token: PKCS#11 v2.40, as little of it as sealing needs: one session, one login, AES keys found by their id. */
#include "trust/token/token.h"
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 64 };
static const char key_label[] = "emc2";

struct token {
    void *library;
    CK_FUNCTION_LIST *call;
    bool is_initialized; /* by us, so that it is ours to finish */
    bool has_session;
    CK_SESSION_HANDLE session;
};

static bool refused(struct error *err, CK_RV code, const char *what)
{
    if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_LOCKED) {
        FAIL(err, DENIED, code == CKR_PIN_LOCKED ? "the token is locked after too many wrong PINs" : "the token's PIN is wrong");
        return error_hint(err, "after a few wrong PINs a token locks itself: ask its owner, do not guess");
    }
    FAIL(err, ENGINE, "the token refused: %s", what);
    return error_detail(err, "PKCS#11 error 0x%lx", (unsigned long)code);
}

static bool module_load(struct token *token, const char *module, struct error *err)
{
    CK_C_GetFunctionList get_list = NULL;
    token->library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (token->library) {
        void *symbol = dlsym(token->library, "C_GetFunctionList");
        memcpy(&get_list, &symbol, sizeof get_list); /* ISO C has no cast from an object to a function */
    }
    if (!get_list || get_list(&token->call) != CKR_OK) {
        FAIL(err, NOT_FOUND, "the PKCS#11 module cannot be loaded");
        error_detail(err, "%s", module);
        return error_hint(err, "name the library that came with the token, for instance libsofthsm2.so, by its whole path");
    }
    CK_RV code = token->call->C_Initialize(NULL);
    token->is_initialized = code == CKR_OK;
    return code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED ? true : refused(err, code, "C_Initialize");
}

/* PKCS#11 pads labels with blanks. */
static bool label_is(const CK_TOKEN_INFO *info, const char *label)
{
    size_t length = strlen(label), size = sizeof info->label;
    if (length > size || memcmp(info->label, label, length) != 0) {
        return false;
    }
    for (size_t i = length; i < size; i++) {
        if (info->label[i] != ' ') {
            return false;
        }
    }
    return true;
}

static bool slot_find(struct token *token, const char *label, CK_SLOT_ID *out_slot, struct error *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_RV code = token->call->C_GetSlotList(CK_TRUE, slots, &count);
    if (code != CKR_OK) {
        return refused(err, code, "C_GetSlotList");
    }
    unsigned found = 0;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (token->call->C_GetTokenInfo(slots[i], &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) &&
            (!label || label_is(&info, label))) {
            *out_slot = slots[i];
            found++;
        }
    }
    if (found != 1) {
        FAIL(err, NOT_FOUND, found ? "there are %u such tokens" : "there is no such token", found);
        return error_hint(err, found ? "name one by its label" : "plug it in, and name it by its label");
    }
    return true;
}

bool token_open(struct token **out_token, const char *module, const char *label, const struct secret *pin, struct error *err)
{
    CLEANUP(token) struct token *token = calloc(1, sizeof *token);
    CK_SLOT_ID slot = 0;
    if (!token) {
        return FAIL(err, LIMIT, "no memory left for a token");
    }
    TRY(module_load(token, module, err));
    TRY(slot_find(token, label, &slot, err));
    CK_RV code = token->call->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &token->session);
    if (code != CKR_OK) {
        return refused(err, code, "C_OpenSession");
    }
    token->has_session = true;
    struct secret *typed; /* the interface wants it writable */
    TRY(secret_create(&typed, secret_length(pin), err));
    memcpy(secret_bytes(typed), secret_view(pin), secret_length(pin));
    code = token->call->C_Login(token->session, CKU_USER, secret_bytes(typed), secret_length(pin));
    secret_destroy(typed);
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) {
        return refused(err, code, "C_Login");
    }
    *out_token = token;
    token = NULL;
    return true;
}

void token_close(struct token *token)
{
    if (!token) {
        return;
    }
    if (token->has_session) {
        token->call->C_Logout(token->session);
        token->call->C_CloseSession(token->session);
    }
    if (token->is_initialized) {
        token->call->C_Finalize(NULL);
    }
    if (token->library) {
        dlclose(token->library);
    }
    free(token);
}

bool token_key_create(struct token *token, uint8_t out_key_id[TOKEN_KEY_ID_SIZE], struct error *err)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = CRYPTO_KEY_SIZE;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    uint8_t key_id[TOKEN_KEY_ID_SIZE];
    char label[sizeof key_label];
    memcpy(label, key_label, sizeof label);
    crypto_random(key_id, sizeof key_id);
    CK_ATTRIBUTE template[] = {
        {CKA_TOKEN, &yes, sizeof yes},       {CKA_PRIVATE, &yes, sizeof yes}, {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no},   {CKA_ENCRYPT, &yes, sizeof yes}, {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_VALUE_LEN, &size, sizeof size}, {CKA_ID, key_id, sizeof key_id}, {CKA_LABEL, label, sizeof label - 1},
    };
    CK_RV code = token->call->C_GenerateKey(token->session, &mechanism, template, sizeof template / sizeof *template, &key);
    if (code != CKR_OK) {
        return refused(err, code, "C_GenerateKey (AES-256)");
    }
    memcpy(out_key_id, key_id, sizeof key_id);
    return true;
}

static bool key_find(struct token *token, const uint8_t key_id[TOKEN_KEY_ID_SIZE], CK_OBJECT_HANDLE *out_key, struct error *err)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    uint8_t id[TOKEN_KEY_ID_SIZE];
    memcpy(id, key_id, sizeof id);
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, id, sizeof id}};
    CK_ULONG found = 0;
    CK_RV code = token->call->C_FindObjectsInit(token->session, template, sizeof template / sizeof *template);
    if (code == CKR_OK) {
        code = token->call->C_FindObjects(token->session, out_key, 1, &found);
        token->call->C_FindObjectsFinal(token->session);
    }
    if (code != CKR_OK) {
        return refused(err, code, "C_FindObjects");
    }
    if (found == 0) {
        FAIL(err, DENIED, "the token does not hold the key that this was sealed under");
        return error_hint(err, "use the token with which the file was made");
    }
    return true;
}

struct gcm {
    CK_GCM_PARAMS parameters;
    CK_MECHANISM mechanism;
    uint8_t nonce[CRYPTO_NONCE_SIZE];
    uint8_t associated[512];
};

static bool gcm_prepare(struct gcm *gcm, const uint8_t nonce[CRYPTO_NONCE_SIZE], const void *associated, size_t length, struct error *err)
{
    if (length > sizeof gcm->associated) {
        return FAIL(err, LIMIT, "a token takes at most %zu bytes of associated data", sizeof gcm->associated);
    }
    memcpy(gcm->nonce, nonce, sizeof gcm->nonce);
    memcpy(gcm->associated, associated, length);
    gcm->parameters = (CK_GCM_PARAMS){.iv_ptr = gcm->nonce,
                                      .iv_len = sizeof gcm->nonce,
                                      .iv_bits = 8 * sizeof gcm->nonce,
                                      .aad_ptr = gcm->associated,
                                      .aad_len = length,
                                      .tag_bits = 8 * CRYPTO_TAG_SIZE};
    gcm->mechanism = (CK_MECHANISM){CKM_AES_GCM, &gcm->parameters, sizeof gcm->parameters};
    return true;
}

bool token_seal(uint8_t *out_sealed, struct token *token, const uint8_t key_id[TOKEN_KEY_ID_SIZE], const void *bytes, size_t length,
                const void *associated, size_t associated_length, struct error *err)
{
    CK_OBJECT_HANDLE key = 0;
    struct gcm gcm;
    uint8_t nonce[CRYPTO_NONCE_SIZE];
    CLEANUP(secret) struct secret *plain = NULL; /* the interface wants it writable */
    crypto_random(nonce, sizeof nonce);
    TRY(key_find(token, key_id, &key, err));
    TRY(gcm_prepare(&gcm, nonce, associated, associated_length, err));
    TRY(secret_create(&plain, length, err));
    memcpy(secret_bytes(plain), bytes, length);
    CK_ULONG sealed_length = length + CRYPTO_TAG_SIZE;
    CK_RV code = token->call->C_EncryptInit(token->session, &gcm.mechanism, key);
    if (code == CKR_OK) {
        code = token->call->C_Encrypt(token->session, secret_bytes(plain), length, out_sealed + sizeof nonce, &sealed_length);
    }
    if (code != CKR_OK || sealed_length != length + CRYPTO_TAG_SIZE) {
        return refused(err, code, "C_Encrypt (AES-GCM)");
    }
    memcpy(out_sealed, nonce, sizeof nonce);
    return true;
}

bool token_open_sealed(uint8_t *out_bytes, struct token *token, const uint8_t key_id[TOKEN_KEY_ID_SIZE], const uint8_t *sealed,
                       size_t sealed_length, const void *associated, size_t associated_length, struct error *err)
{
    CK_OBJECT_HANDLE key = 0;
    struct gcm gcm;
    CLEANUP(secret) struct secret *plain = NULL, *copy = NULL;
    if (sealed_length < CRYPTO_SEAL_OVERHEAD) {
        return FAIL(err, CORRUPT, "what the token is to open is cut short");
    }
    size_t length = sealed_length - CRYPTO_SEAL_OVERHEAD, body = length + CRYPTO_TAG_SIZE;
    TRY(key_find(token, key_id, &key, err));
    TRY(gcm_prepare(&gcm, sealed, associated, associated_length, err));
    TRY(secret_create(&plain, body, err)); /* some modules want room for the tag */
    TRY(secret_create(&copy, body, err));
    memcpy(secret_bytes(copy), sealed + CRYPTO_NONCE_SIZE, body);
    CK_ULONG opened = body;
    CK_RV code = token->call->C_DecryptInit(token->session, &gcm.mechanism, key);
    if (code != CKR_OK) {
        return refused(err, code, "C_DecryptInit (AES-GCM)");
    }
    code = token->call->C_Decrypt(token->session, secret_bytes(copy), body, secret_bytes(plain), &opened);
    if (code != CKR_OK || opened != length) {
        return FAIL(err, CORRUPT, "what was sealed under the token does not open: it was changed");
    }
    memcpy(out_bytes, secret_view(plain), length);
    return true;
}
