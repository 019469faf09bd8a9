/* SPDX-License-Identifier: EUPL-1.2 */
/* broken: the list, and what is wrong with each. */
#include "broken.h"

/* ---- what is wrong: the file ---- */
static void cut_all(struct buffer *file)
{
    file->length = 0;
}
static void cut_half(struct buffer *file)
{
    file->length /= 2;
}
static void cut_last(struct buffer *file)
{
    file->length--;
}
static void cut_blocks(struct buffer *file)
{
    memmove(file->data + 300, file->data + 310, file->length - 310);
    file->length -= 10;
}
static void append_byte(struct buffer *file)
{
    EXAMPLE_MUST(buffer_append(file, "\n", 1, err));
}
static void other_magic(struct buffer *file)
{
    file->data[0] = 'Z';
}
static void other_version(struct buffer *file)
{
    file->data[8] = 2;
}
static void huge_block(struct buffer *file)
{
    memset(file->data + LAYOUT_HEAD_SIZE, 0xFF, 4);
}
static void empty_block(struct buffer *file)
{
    memset(file->data + LAYOUT_HEAD_SIZE, 0, 4);
}
static void huge_manifest(struct buffer *file)
{
    memset(file->data + file->length - 12, 0xFF, 4);
}
static void flip_block(struct buffer *file)
{
    file->data[LAYOUT_HEAD_SIZE + 20] ^= 1;
}
static void flip_head_id(struct buffer *file)
{
    file->data[80] ^= 1;
}
static void alter_manifest(struct buffer *file)
{
    uint8_t *made = memmem(file->data, file->length, "\"made\": 1", 9);
    assert(made);
    made[9] ^= 1;
}
static void reshape_manifest(struct forging *f)
{
    uint8_t *blank = memchr(f->manifest_bytes.data, '\n', f->manifest_bytes.length);
    *blank = ' ';
}
static void manifest_version(struct forging *f)
{
    uint8_t *at = memmem(f->manifest_bytes.data, f->manifest_bytes.length, "\"version\": 1", 12);
    at[11] = '2';
}
static void manifest_table(struct forging *f)
{
    uint8_t *at = memmem(f->manifest_bytes.data, f->manifest_bytes.length, "\"condition\"", 11);
    memcpy(at, "\"conditiom\"", 11);
}
static void swap_sealed(struct forging *f)
{
    struct buffer first = f->sealed[0];
    f->sealed[0] = f->sealed[1];
    f->sealed[1] = first;
}
static void swap_kept(struct buffer *file) /* the two blocks, as they stand in the file */
{
    uint32_t first, second;
    uint8_t copy[4096], *at = file->data + LAYOUT_HEAD_SIZE;
    memcpy(&first, at, 4);
    memcpy(&second, at + 4 + first, 4);
    size_t all = 8 + (size_t)first + second;
    assert(all <= sizeof copy);
    memcpy(copy, at, all);
    memcpy(at, copy + 4 + first, 4 + (size_t)second);
    memcpy(at + 4 + second, copy, 4 + (size_t)first);
}
static void foreign_block(struct forging *f) /* sealed under another delivery's key */
{
    memset(f->sealed[1].data, 0x5A, f->sealed[1].length);
}
static void wrong_root(struct forging *f)
{
    f->manifest.root.bytes[0] ^= 1;
}
static void no_blocks(struct forging *f)
{
    f->count = 0;
    memset(f->manifest.tables, 0, sizeof f->manifest.tables);
}
static void more_blocks(struct forging *f)
{
    f->manifest.blocks++;
}
static void more_rows(struct forging *f)
{
    f->manifest.tables[RECORD_CONDITION].rows++;
}
static void fewer_columns(struct forging *f)
{
    f->manifest.tables[RECORD_CONDITION].columns &= ~(UINT64_C(1) << COLUMN_END);
}
static void more_subjects(struct forging *f)
{
    f->manifest.subjects++;
}
static void plain_set(struct forging *f, const char *text, size_t length)
{
    buffer_clear(&f->plain[1]);
    EXAMPLE_MUST(buffer_append(&f->plain[1], text, length, err));
}
static void plain_swap(struct forging *f, const char *from, const char *to, size_t length)
{
    uint8_t *at = memmem(f->plain[1].data, f->plain[1].length, from, length);
    assert(at);
    memcpy(at, to, length);
}
static void garbage_block(struct forging *f)
{
    plain_set(f, "garbage garbage garbage", 23);
}
static void packed_bomb(struct forging *f)
{
    f->keeps_packed = true; /* method zstd, 4 GiB announced */
    plain_set(f, "\x01\xFF\xFF\xFF\xFF\x28\xB5\x2F\xFD", 9);
}
static void unknown_table(struct forging *f)
{
    plain_swap(f, "condition", "conditiom", 9);
}
static void unknown_column(struct forging *f)
{
    plain_swap(f, "\x06system", "\x06sistem", 7);
}
static void not_utf8(struct forging *f)
{
    plain_swap(f, "I10",
               "I\xFF"
               "0",
               3);
}
static void missing_column(struct forging *f)
{
    plain_swap(f, "\x06system", "\x06status", 7);
}

/* ---- what is wrong: who, when, for whom ---- */
static const struct secret *somebody(void)
{
    static struct secret *secret; /* lives as long as the program */
    secret = secret ? secret : example_secret(77, NULL);
    return secret;
}

static void other_signature(struct delivery_writing *writing)
{
    writing->signing_seed = somebody();
}
static void sequence_three(struct delivery_writing *writing)
{
    writing->sequence = 3;
}
static void other_recipient(struct delivery_writing *writing)
{
    CLEANUP(secret) struct secret *key = example_secret(78, NULL);
    EXAMPLE_MUST(crypto_envelope_public_key(writing->recipient, key, err));
}
static void other_epoch(struct delivery_writing *writing)
{
    writing->intake_epoch = 9;
}
static void other_agreement(struct forging *f)
{
    f->manifest.agreement.bytes[5] ^= 1;
}
static void other_name(struct forging *f)
{
    snprintf(f->manifest.holder, sizeof f->manifest.holder, "chu-b");
}
static void other_seed(struct forging *f)
{
    f->signing_seed = somebody();
} /* the head still has the holder's key */
static void outside_column(struct forging *f)
{
    f->manifest.tables[RECORD_PERSON].columns |= UINT64_C(1) << COLUMN_BIRTH_DAY;
}
static void outside_column_kept(struct forging *f)
{
    struct record person = example_person(3);
    record_set_integer(&person, COLUMN_BIRTH_DAY, 14);
    forging_plain(f, &person, 1);
}
static void outside_table(struct forging *f)
{
    struct record kin;
    record_begin(&kin, RECORD_KINSHIP);
    record_set_integer(&kin, COLUMN_SUBJECT, 1);
    record_set_integer(&kin, COLUMN_OTHER, 2);
    record_set_text(&kin, COLUMN_CODE, TEXT("MOTHER"));
    record_set_text(&kin, COLUMN_TYPE, TEXT("EHR"));
    forging_plain(f, &kin, 1);
}

/* ---- what is wrong: in it ---- */
static void add_one(struct delivery_writer *writer, const struct record *record)
{
    EXAMPLE_MUST(delivery_writer_add_record(writer, record, err));
}
static struct record example_observation(int64_t number, struct text value)
{
    struct record record;
    record_begin(&record, RECORD_OBSERVATION);
    record_set_integer(&record, COLUMN_SUBJECT, 1);
    record_set_integer(&record, COLUMN_RECORD, number);
    record_set_text(&record, COLUMN_SYSTEM, TEXT("LOCAL:labo"));
    record_set_text(&record, COLUMN_CODE, TEXT("4711"));
    record_set_day(&record, COLUMN_START, (day){20100});
    record_set_text(&record, COLUMN_VALUE_TEXT, value);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return record;
}
#define BROKEN_VALUE(name, literal)                                      \
    static void name(struct delivery_writer *writer)                     \
    {                                                                    \
        struct record record = example_observation(9001, TEXT(literal)); \
        add_one(writer, &record);                                        \
    }
BROKEN_VALUE(value_nir, "255081416802538")
BROKEN_VALUE(value_nir_blanks, "NIR 2 55 08 14 168 025 38")
BROKEN_VALUE(value_corsica, "180052A00402511")
BROKEN_VALUE(value_email, "ecrire a jean.dupont@example.org")
BROKEN_VALUE(value_telephone, "rappeler au 06 12 34 56 78")
BROKEN_VALUE(value_rpps, "prescrit par 10003456786")
BROKEN_VALUE(value_pdf, "%PDF-1.4 ...")
BROKEN_VALUE(value_base64, "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9")
BROKEN_VALUE(value_control, "a\x02"
                            "b")
BROKEN_VALUE(value_oid, "urn:oid:1.2.250.1.213.1.4.8")

#define BROKEN_CONDITION(name, change)                     \
    static void name(struct delivery_writer *writer)       \
    {                                                      \
        struct record record = example_condition(1, 9001); \
        change;                                            \
        add_one(writer, &record);                          \
    }
BROKEN_CONDITION(code_nir, record_set_text(&record, COLUMN_CODE, TEXT("255081416802538")))
BROKEN_CONDITION(year_9999, record_set_day(&record, COLUMN_END, (day){2932896}))
BROKEN_CONDITION(year_1800, record_set_day(&record, COLUMN_START, (day){-62091}))
BROKEN_CONDITION(in_three_days, record_set_day(&record, COLUMN_START, (day){20606 + 3}))
BROKEN_CONDITION(unknown_subject, record_set_integer(&record, COLUMN_SUBJECT, 4711))
BROKEN_CONDITION(double_record, record_set_integer(&record, COLUMN_RECORD, 1001))
BROKEN_CONDITION(late_second, record_set_integer(&record, COLUMN_START_TIME, 90000))
BROKEN_CONDITION(unknown_type, record_set_text(&record, COLUMN_TYPE, TEXT("GUESS")))

#define BROKEN_PERSON(name, change)                  \
    static void name(struct delivery_writer *writer) \
    {                                                \
        struct record record = example_person(3);    \
        change;                                      \
        add_one(writer, &record);                    \
    }
BROKEN_PERSON(double_subject, record_set_integer(&record, COLUMN_SUBJECT, 2))
BROKEN_PERSON(month_13, record_set_integer(&record, COLUMN_BIRTH_MONTH, 13))
BROKEN_PERSON(born_tomorrow, record_set_integer(&record, COLUMN_BIRTH_YEAR, 2031))
BROKEN_PERSON(unknown_sex, record_set_text(&record, COLUMN_SEX, TEXT("X")))
BROKEN_PERSON(subject_zero, record_set_integer(&record, COLUMN_SUBJECT, 0))

static void subjects_nir(struct delivery_writer *writer)
{
    for (int64_t i = 1; i <= 3; i++) { /* numbers of persons who are not hashed: NIR with their keys */
        int64_t body = INT64_C(2550814168000) + i;
        struct record record = example_person(body * 100 + 97 - body % 97);
        record_set_integer(&record, COLUMN_BIRTH_YEAR, 1955);
        add_one(writer, &record);
    }
}
static void value_number_nir(struct delivery_writer *writer)
{
    struct record record = example_observation(9001, TEXT("x"));
    record_set_number(&record, COLUMN_VALUE, 255081416802538.0);
    add_one(writer, &record);
}
static void tokens_of_nobody(struct delivery_writer *writer)
{
    const struct delivery_token token = example_token(1, 4711);
    EXAMPLE_MUST(delivery_writer_add_tokens(writer, 4711, &token, 1, err));
}
static void token_of_no_group(struct delivery_writer *writer)
{
    struct record record = example_person(3);
    struct delivery_token tokens[2] = {example_token(1, 3), example_token(2, 3)};
    tokens[1].element[31] ^= 0x80; /* RFC 9496 4.3.1: no encoding of an element */
    EXAMPLE_MUST(delivery_writer_add_record(writer, &record, err) && delivery_writer_add_tokens(writer, 3, tokens, 2, err));
}
static void token_of_identity(struct delivery_writer *writer)
{
    struct record record = example_person(3);
    const struct delivery_token token = {.kind = 1}; /* the neutral element: the pseudonym of everybody */
    EXAMPLE_MUST(delivery_writer_add_record(writer, &record, err) && delivery_writer_add_tokens(writer, 3, &token, 1, err));
}
static void token_of_no_kind(struct delivery_writer *writer)
{
    struct record record = example_person(3);
    const struct delivery_token token = example_token(200, 3);
    EXAMPLE_MUST(delivery_writer_add_record(writer, &record, err) && delivery_writer_add_tokens(writer, 3, &token, 1, err));
}
static void tokens_twice(struct delivery_writer *writer)
{
    const struct delivery_token token = example_token(1, 1);
    EXAMPLE_MUST(delivery_writer_add_tokens(writer, 1, &token, 1, err));
}

const struct broken broken_deliveries[] = {
    {.name = "empty", .reason = "form", .says = "too short", .file = cut_all},
    {.name = "half", .reason = "form", .says = "cut short", .file = cut_half},
    {.name = "last-byte", .reason = "form", .says = "cut short", .file = cut_last},
    {.name = "cut-inside", .reason = "form", .says = "cut short", .file = cut_blocks},
    {.name = "appended", .reason = "form", .says = "appended", .file = append_byte},
    {.name = "no-delivery", .reason = "form", .says = "not a delivery", .file = other_magic},
    {.name = "version", .reason = "version", .says = "version 2", .file = other_version},
    {.name = "huge-block", .reason = "form", .says = "block 1 has a length", .file = huge_block},
    {.name = "empty-block", .reason = "form", .says = "block 1 has a length", .file = empty_block},
    {.name = "huge-manifest", .reason = "form", .says = "cut short", .file = huge_manifest},
    {.name = "flipped-bit", .reason = "integrity", .says = "not those that the manifest", .file = flip_block},
    {.name = "other-head", .reason = "form", .says = "another delivery", .file = flip_head_id},
    {.name = "blocks-exchanged", .reason = "integrity", .says = "not those that the manifest", .sealed = NULL, .file = swap_kept},
    {.name = "blocks-exchanged-signed", .reason = "integrity", .says = "block 1 is not what", .sealed = swap_sealed},
    {.name = "foreign-block-signed", .reason = "integrity", .says = "block 2 is not what", .sealed = foreign_block},
    {.name = "wrong-root", .reason = "integrity", .says = "not those that the manifest", .manifest = wrong_root},
    {.name = "no-rows-wrong-root",
     .reason = "integrity",
     .says = "not those that the manifest",
     .plains = no_blocks,
     .manifest = wrong_root},
    {.name = "more-blocks", .reason = "integrity", .says = "not those that the manifest", .manifest = more_blocks},
    {.name = "manifest-altered", .reason = "signature", .says = "altered", .file = alter_manifest},
    {.name = "manifest-reshaped", .reason = "form", .says = "another form", .printed = reshape_manifest},
    {.name = "manifest-version", .reason = "version", .says = "version 2", .printed = manifest_version},
    {.name = "manifest-table", .reason = "version", .says = "does not know", .printed = manifest_table},
    {.name = "more-rows", .reason = "form", .says = "table condition has 3 rows, the manifest says 4", .manifest = more_rows},
    {.name = "fewer-columns", .reason = "form", .says = "other columns", .manifest = fewer_columns},
    {.name = "more-subjects", .reason = "form", .says = "pseudonyms of 0 persons", .manifest = more_subjects},
    {.name = "garbage-block", .reason = "integrity", .says = "in block 2", .plains = garbage_block},
    {.name = "bomb", .reason = "integrity", .says = "not as emc2 writes it", .plains = packed_bomb},
    {.name = "unknown-table", .reason = "version", .says = "conditiom", .plains = unknown_table},
    {.name = "unknown-column", .reason = "version", .says = "sistem", .plains = unknown_column},
    {.name = "not-utf8", .reason = "form", .says = "code is not UTF-8", .plains = not_utf8},
    {.name = "missing-column", .reason = "form", .says = "condition without system", .plains = missing_column},
    {.name = "unknown-holder", .reason = "holder", .says = "nobody", .holder = HOLDER_UNKNOWN},
    {.name = "other-holders-name", .reason = "holder", .says = "nobody", .manifest = other_name},
    {.name = "suspended", .reason = "suspended", .says = "suspended", .holder = HOLDER_SUSPENDED},
    {.name = "holder-over", .reason = "period", .says = "today", .holder = HOLDER_OVER},
    {.name = "other-key", .reason = "signature", .says = "another key", .write = other_signature},
    {.name = "other-signature", .reason = "signature", .says = "somebody else", .manifest = other_seed},
    {.name = "no-agreement", .reason = "agreement", .says = "no agreement", .holder = HOLDER_WITHOUT_AGREEMENT},
    {.name = "agreement-over", .reason = "agreement", .says = "in force from", .holder = AGREEMENT_OVER},
    {.name = "other-agreement", .reason = "agreement", .says = "another agreement", .manifest = other_agreement},
    {.name = "column-outside", .reason = "agreement", .says = "column person.birth_day", .plains = outside_column_kept},
    {.name = "column-outside-declared", .reason = "agreement", .says = "column person.birth_day", .manifest = outside_column},
    {.name = "table-outside", .reason = "agreement", .says = "table kinship", .plains = outside_table},
    {.name = "replayed", .reason = "sequence", .says = "was taken before", .last_sequence = 1},
    {.name = "older", .reason = "sequence", .says = "was taken before", .last_sequence = 5},
    {.name = "out-of-order", .reason = "sequence", .says = "number 1 is missing", .write = sequence_three},
    {.name = "other-recipient", .reason = "recipient", .says = "another warehouse", .write = other_recipient},
    {.name = "other-intake-key", .reason = "recipient", .says = "number 9", .write = other_epoch},
    {.name = "nir", .reason = "content", .says = "observation.value_text holds a NIR: block 3, row 1", .add = value_nir},
    {.name = "nir-blanks", .reason = "content", .says = "value_text holds a NIR", .add = value_nir_blanks},
    {.name = "nir-corsica", .reason = "content", .says = "value_text holds a NIR", .add = value_corsica},
    {.name = "nir-as-code", .reason = "content", .says = "condition.code holds a NIR: block 2, row 5", .add = code_nir},
    {.name = "nir-as-subject", .reason = "content", .says = "person.subject holds a NIR", .add = subjects_nir},
    {.name = "nir-as-value", .reason = "content", .says = "observation.value holds a NIR", .add = value_number_nir},
    {.name = "ins-oid", .reason = "content", .says = "an identifier of INS", .add = value_oid},
    {.name = "email", .reason = "content", .says = "an e-mail address", .add = value_email},
    {.name = "telephone", .reason = "content", .says = "a telephone number", .add = value_telephone},
    {.name = "rpps", .reason = "content", .says = "RPPS", .add = value_rpps},
    {.name = "pdf", .reason = "content", .says = "a document", .add = value_pdf},
    {.name = "base64", .reason = "content", .says = "encoded binary", .add = value_base64},
    {.name = "control", .reason = "content", .says = "binary data", .add = value_control},
    {.name = "year-9999", .reason = "content", .says = "condition.end holds a day that is too far ahead", .add = year_9999},
    {.name = "year-1800", .reason = "content", .says = "condition.start holds a day before 1850", .add = year_1800},
    {.name = "future", .reason = "content", .says = "condition.start holds a day that is too far", .add = in_three_days},
    {.name = "month-13", .reason = "content", .says = "person.birth_month holds a number that cannot be", .add = month_13},
    {.name = "born-tomorrow", .reason = "content", .says = "person.birth_year holds a number that cannot be", .add = born_tomorrow},
    {.name = "late-second", .reason = "content", .says = "condition.start_time holds a number that cannot be", .add = late_second},
    {.name = "subject-zero", .reason = "content", .says = "person.subject holds a number that cannot be", .add = subject_zero},
    {.name = "unknown-sex", .reason = "content", .says = "person.sex holds a word", .add = unknown_sex},
    {.name = "unknown-type", .reason = "content", .says = "condition.type holds a word", .add = unknown_type},
    {.name = "double-subject", .reason = "content", .says = "person.subject holds a number that is there twice", .add = double_subject},
    {.name = "unknown-subject", .reason = "content", .says = "condition.subject holds a person who is not", .add = unknown_subject},
    {.name = "double-record", .reason = "content", .says = "condition.record holds a number that is there twice", .add = double_record},
    {.name = "tokens-of-nobody", .reason = "content", .says = "tokens.subject holds a person who is not", .add = tokens_of_nobody},
    {.name = "tokens-of-no-group",
     .reason = "content",
     .says = "tokens.subject holds a token that is no pseudonym",
     .add = token_of_no_group},
    {.name = "tokens-of-identity",
     .reason = "content",
     .says = "tokens.subject holds a token that is no pseudonym",
     .add = token_of_identity},
    {.name = "tokens-of-no-kind",
     .reason = "content",
     .says = "tokens.subject holds a token that is no pseudonym",
     .add = token_of_no_kind},
    {.name = "tokens-twice", .reason = "content", .says = "tokens.subject holds a number that is there twice", .add = tokens_twice},
};
const size_t broken_count = sizeof broken_deliveries / sizeof *broken_deliveries;
