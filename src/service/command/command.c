/* SPDX-License-Identifier: EUPL-1.2 */
/* command: the table of commands, and the way from the command line to one of them. */
#include "service/command/command.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "service/command/commands.h"
#include "service/command/confine.h"
#include "service/command/intake_table.h"
#include "service/command/warehouse.h"
#include "trust/crypto/crypto.h"
#include <signal.h>
#include <string.h>

static const struct option_spec no_options[] = {{0}};
static const struct option_spec load_options[] = {
    {"replace", NULL, "the new snapshot holds only this data set"},
    {"refuse-dangling", NULL, "refuse the whole load when a key points to no record"},
    {"label", "TEXT", "words that name the load in `snapshot list`"},
    {"names", "FILE", "of a delivery: family and given names, one a line: two in a row are a finding"},
    {"until", "DATE", "the end of the authorisation: from that day on (0:00 UTC) the data cannot be read (YYYY-MM-DD)"},
    {0},
};
static const struct option_spec snapshot_options[] = {
    {"snapshot", "N", "the snapshot's number (default: the latest)"},
    {"deep", NULL, "compare the hashes of whole files, too, and that all rows and postings fit together"},
    {"repair", NULL, "say for each problem what can be done; remove what an interrupted load left, and nothing else"},
    {0},
};
static const struct option_spec hash_options[] = {
    {"snapshot", "N", "the snapshot's number (default: the latest)"},
    {"compare", "hashes.json", "compare with the hashes that `export --all` wrote on another host"},
    {0},
};
static const struct option_spec exclude_options[] = {
    {"person", "ID...", "a person_id of this warehouse; may be given several times"},
    {"file", "FILE", "a file with one person_id a line"},
    {"reason", "TEXT", "why, in the operator's words; kept with the snapshot. Not the name of anybody"},
    {0},
};
static const struct option_spec compact_options[] = {{"reason", "TEXT", "kept with the snapshot and in the certificate"}, {0}};
static const struct option_spec erase_options[] = {
    {"expired", NULL, "what was loaded with --until, and that day is over"},
    {"snapshot", "N", "what snapshot N has and the latest has not"},
    {"all", NULL, "the end of the whole warehouse: nobody will ever read anything of it again"},
    {"yes-destroy", "NAME", "with --all: the name of the warehouse's directory, so that it is the right one"},
    {"reason", "TEXT", "kept with the snapshot and in the certificate"},
    {0},
};
static const struct option_spec certificate_options[] = {
    {"public-key", "HEX", "the warehouse's public key, as it was made known (else the one in the certificate is used and shown)"},
    {"language", "en|fr", "language of the words (default fr)"},
    {0},
};
static const struct option_spec search_options[] = {{"limit", "N", "at most N concepts (default 20)"}, {0}};
#define ENGINE_OPTIONS                                                                                                        \
    {"engine", "native|duckdb|postgresql", "who evaluates: emc2 itself (default), or the definition's SQL on an engine"},     \
        {"database", "ADDRESS", "for postgresql: postgresql://USER@HOST:PORT/DATABASE, where `emc2 publish` put the tables"}, \
        {"password-file", "FILE", "for postgresql: the database user's password: the first line of a file of mode 0600"},     \
    {                                                                                                                         \
        "schema", "NAME", "for postgresql: the schema of the tables (default omop)"                                           \
    }
static const struct option_spec count_options[] = {
    {"memory", "MB", "working memory of one thread (default: no bound); a cohort that needs more is refused"},
    {"snapshot", "N", "count on this snapshot (default: the latest)"},
    ENGINE_OPTIONS,
    {0},
};
static const struct option_spec sql_options[] = {
    {"dialect", "duckdb|postgresql", "whose SQL (default duckdb); PostgreSQL is 15 or later"},
    {"schema", "NAME", "the schema of the OMOP tables (default: where the engine looks by itself)"},
    {"snapshot", "N", "with the vocabulary of this snapshot (default: the latest)"},
    {0},
};
static const struct option_spec run_options[] = {
    {"memory", "MB", "working memory of one thread (default: no bound); a cohort that needs more is refused"},
    {"snapshot", "N", "run on this snapshot (default: the latest)"},
    ENGINE_OPTIONS,
    {"out", "FILE.csv", "write the rows there instead of printing them"},
    {"statistics", "DIR", "also write inclusion_result.csv and inclusion_stats.csv there"},
    {"keep-going", NULL, "list definitions that are refused, and run the others"},
    {"keep", "NAME", "also keep the rows in the warehouse, sealed; asked again on the same snapshot they are read"},
    {0},
};
static const struct option_spec kept_options[] = {{0}};
static const struct option_spec session_options[] = {
    {"snapshot", "N", "count on this snapshot (default: the latest)"},
    {"rows", NULL, "also answer `why`, which tells of persons"},
    {0},
};
static const struct option_spec why_options[] = {
    {"person", "N", "whom it is about: a person_id"},
    {"snapshot", "N", "on this snapshot (default: the latest)"},
    {"language", "en|fr", "language of the words (default en)"},
    {0},
};
static const struct option_spec explain_options[] = {
    {"language", "en|fr", "language of the words (default en)"},
    {"program", NULL, "print the compiled program instead of words"},
    {"plan", NULL, "print the steps of its evaluation, with the rows expected of each in this warehouse"},
    {"analyze", NULL, "with the plan: count the cohort, and print what each step did (rows, time, pages decrypted)"},
    {"snapshot", "N", "plan for this snapshot (default: the latest)"},
    {0},
};
static const struct option_spec export_options[] = {
    {"all", NULL, "for moving house: also write hashes.json, the hash of every table"},
    {"format", "csv|parquet", "format of the tables (default parquet)"},
    {"out", "DIR", "directory to make; it must not exist"},
    {"snapshot", "N", "export this snapshot (default: the latest)"},
    {0},
};
static const struct option_spec publish_options[] = {
    {"to", "ADDRESS", "postgresql://USER@HOST:PORT/DATABASE, or postgresql://USER@/DATABASE?host=/DIRECTORY of a socket"},
    {"password-file", "FILE", "the database user's password: the first line of a file of mode 0600"},
    {"schema", "NAME", "the schema to make (default omop)"},
    {"tables", "NAME...", "only these tables of the CDM; may be given several times"},
    {"replace", NULL, "a schema that an earlier publication made is replaced, at the end and at once"},
    {"wide", NULL, "columns of text without the CDM's limits of length"},
    {"snapshot", "N", "publish this snapshot (default: the latest)"},
    {0},
};
static const struct option_spec backup_options[] = {
    {"to", "DIR", "directory of the backup; made when it is absent"},
    {"prune", NULL, "forget what the warehouse no longer has (after an erasure or a compaction)"},
    {0},
};
static const struct option_spec backup_verify_options[] = {{"from", "DIR", "directory of the backup"}, {0}};
static const struct option_spec restore_options[] = {
    {"from", "DIR", "directory of the backup"},
    {"keys", "DIR", "copy of the keys, as `emc2 key backup` wrote it; without it the warehouse cannot be opened"},
    {"to", "DIR", "directory to make; it must not exist"},
    {0},
};
static const struct option_spec accept_options[] = {
    {"reason", "TEXT", "why, in the operator's words; kept for auditors. Not the name of anybody"},
    {0},
};
static const struct option_spec disclosure_options[] = {
    {"truth", "DIR", "a population of `emc2 synthesise`: its names, codes, dates and counts are looked for, and its rows as plaintext"},
    {"planted", "FILE", "look for these: lines of `name|date|code|count|text STRING`"},
    {"plain", "DIR", "source files that were loaded: no 16 bytes of them may be found (default: --truth)"},
    {"shares", "DIR",
     "fewer shares than the threshold (NAME.share with NAME.custodian and NAME.passphrase beside it is opened): keys that they might give"},
    {0},
};
static const struct option_spec key_backup_options[] = {
    {"to", "DIR", "directory on a medium of its own; made when it is absent, replaced when it holds an earlier copy"},
    {0},
};
#define TOKEN_OPTIONS                                                                                       \
    {"pkcs11-module", "FILE", "the secret half is under a PKCS#11 token: the library of its maker"},        \
    {                                                                                                       \
        "pkcs11-token", "LABEL", "the token, where there are several; --passphrase-file then names its PIN" \
    }
static const struct option_spec custodian_new_options[] = {
    {"name", "NAME", "letters, digits, dots, dashes and underscores"},
    {"out", "FILE", "the custodian's file (0600); FILE.pub is written beside it"},
    TOKEN_OPTIONS,
    {0},
};
static const struct option_spec custodian_sheet_options[] = {
    {"custodian", "FILE", "the custodian's file"},
    {"share", "FILE", "the custodian's share file"},
    {"out", "PATH", "PATH.html and PATH.txt are written"},
    {0},
};
static const struct option_spec custodian_restore_options[] = {
    {"sheet", "FILE", "the lines of the sheet, typed or scanned"},
    {"out", "PATH", "PATH.custodian and PATH.share are written"},
    {0},
};
static const struct option_spec ceremony_options[] = {
    {"threshold", "K", "how many custodians open the warehouse together (2 or more)"},
    {"custodians", "N", "how many there are: a check on the number of public lines"},
    {"out", "DIR", "share files are written there, and a copy of custody.json"},
    {0},
};
static const struct option_spec reshare_options[] = {
    {"shares", "DIR", "NAME.custodian and NAME.share of the old custodians (NAME.passphrase, or asked for)"},
    {"threshold", "K", "how many of the new custodians open the warehouse together"},
    {"custodians", "N", "how many there are: a check on the number of public lines"},
    {"out", "DIR", "share files are written there, and a copy of custody.json"},
    TOKEN_OPTIONS,
    {0},
};
static const struct option_spec drill_options[] = {
    {"custodian", "FILE", "the custodian's file"},
    {"share", "FILE", "the custodian's share file"},
    {"custody", "FILE", "a copy of custody.json, where the warehouse is not at hand"},
    TOKEN_OPTIONS,
    {0},
};
static const struct option_spec keeper_options[] = {
    {"keys", "DIR", "the directory of the keys (default: keys/ of the warehouse)"},
    {"socket", "PATH", "where clients reach it (default: keeper.sock in the directory of the keys)"},
    {0},
};
static const struct option_spec unseal_options[] = {
    {"share", "FILE", "the custodian's share file"},
    {"custodian", "FILE", "the custodian's file; --passphrase-file then names the custodian's passphrase"},
    TOKEN_OPTIONS,
    {0},
};
static const struct option_spec passphrase_options[] = {
    {"new-passphrase-file", "FILE", "read the new passphrase from FILE (mode 0600) instead of asking for it"},
    {0},
};
static const struct option_spec synthesise_options[] = {
    {"persons", "N", "number of persons (default 10000)"},
    {"seed", "S", "the same seed gives the same bytes (default 1)"},
    {"out", "DIR", "directory to make; it must not exist"},
    {"exports", NULL,
     "what five holders would send: two hospitals in FHIR, one in OMOP, one in flat files, the claims base in SNDS tables"},
    {"noise", "KEY=SHARE,...",
     "with --exports: errors of identity and of claims other than the usual ones (spec/synthesis/identity_noise.csv)"},
    {0},
};
static const struct option_spec demo_options[] = {
    {"persons", "N", "number of persons (default 100000)"},
    {"seed", "S", "seed of the population (default 2026)"},
    {"out", "DIR", "working directory, made anew (default demo)"},
    {"truth", "DIR", "make nothing: ask the warehouse of --warehouse, below --out, beside the truth of this population"},
    {"links", "FILE.csv", "with --truth: holder, subject, person of each entry; says which links explain each difference"},
    {0},
};

static const struct option_spec log_from_options[] = {{"from", "DIR", "the log's directory (default: ledger of the warehouse)"}, {0}};
static const struct option_spec log_list_options[] = {
    {"from", "DIR", "the log's directory (default: ledger of the warehouse)"},
    {"first", "N", "begin with entry N, counted from 0 (default: the latest ones)"},
    {"count", "N", "at most N entries (default 20)"},
    {"act", "ACT", "only entries of this act, such as load or key.unseal"},
    {0},
};
static const struct option_spec log_forget_options[] = {{"before", "N", "the first entry whose private parts are kept"}, {0}};
static const struct option_spec log_show_options[] = {
    {"from", "DIR", "the log's directory (default: ledger of the warehouse)"},
    {"opening", "FILE", "check these openings of private parts, and show their texts"},
    {0},
};
static const struct option_spec log_out_options[] = {
    {"from", "DIR", "the log's directory (default: ledger of the warehouse)"},
    {"out", "PATH", "write there instead of standard output (export: a new directory)"},
    {0},
};
static const struct option_spec log_verify_options[] = {
    {"from", "DIR", "the log's directory (default: ledger of the warehouse)"},
    {"key", "VKEY|FILE", "the log's public key, which you have from elsewhere"},
    {"since", "FILE", "a checkpoint that you kept: the log must begin with it"},
    {"witness", "VKEY,VKEY...", "public keys of witnesses"},
    {"quorum", "N", "demand cosignatures of N of them (default: log_witness_quorum)"},
    {0},
};
static const struct option_spec assemble_options[] = {
    {"label", "TEXT", "words that name the snapshot in `snapshot list`"},
    {"keep-double-visits", NULL, "keep a stay twice that a hospital and the claims both have"},
    {0},
};
static const struct option_spec linkage_evaluate_options[] = {
    {"left", "FILE.csv", "one file"},
    {"right", "FILE.csv", "the other"},
    {"columns", "LIST|FILE.json",
     "what the columns are: column=role,... (roles: id, given, name, date, place, code, number, text, sex, none)"},
    {"truth", "FILE.csv|same-number", "pairs of ids that are one person; same-number: ids whose first number is equal are"},
    {"accept", "P", "probability from which a pair is linked (default 0.5)"},
    {"out", "FILE.html", "write a page with the match-weight chart there"},
    {"language", "en|fr", "language of the words (default en)"},
    {0},
};
static const struct option_spec witness_new_options[] = {
    {"name", "NAME", "the witness' public name, like an address without blanks"},
    {"key", "FILE", "the key file to make; FILE.vkey gets the public key"},
    {0},
};
static const struct option_spec witness_run_options[] = {
    {"log", "DIR", "the log: its directory, a mount or a copy"},
    {"state", "DIR", "where the witness remembers what it cosigned"},
    {"key", "FILE", "the witness' key file"},
    {"log-key", "VKEY|FILE", "the log's public key (first run; default: the log's own word for it)"},
    {"into", NULL, "also add the cosignature to the log's checkpoint"},
    {"every", "SECONDS", "go on, looking every so many seconds (default: once)"},
    {0},
};

#define CENTRE_OPTION                                                    \
    {                                                                    \
        "centre", "DIR", "the directory of the centre (default: centre)" \
    }
#define EXPORT_OPTIONS                                                                                                 \
    CENTRE_OPTION, {"format", "fhir|flat|omop|snds", "what the export is (default: what its files look like)"},        \
        {"keep-orders", NULL, "FHIR: orders of medicines are prescriptions, and leave"},                               \
    {                                                                                                                  \
        "names", "FILE", "one name a line: texts with two of them in a row look like an identity, and stop the export" \
    }
static const struct option_spec centre_options[] = {CENTRE_OPTION, {0}};
static const struct option_spec centre_init_options[] = {
    CENTRE_OPTION,
    {"holder", "NAME", "the holder, as the warehouse knows it: small letters, digits, dashes"},
    {"language", "fr|en", "of what the centre says (default fr)"},
    {0},
};
static const struct option_spec centre_card_options[] = {CENTRE_OPTION, {"out", "FILE", "write it there instead of printing it"}, {0}};
static const struct option_spec centre_take_options[] = {
    CENTRE_OPTION, {"replace", NULL, "a key that is here already has changed, and that is meant"}, {0}};
static const struct option_spec centre_check_options[] = {
    EXPORT_OPTIONS, {"page", "FILE.html", "write a page that shows what would leave, column by column"}, {0}};
static const struct option_spec centre_blind_options[] = {EXPORT_OPTIONS, {"out", "FILE", "the request for the pseudonym authority"}, {0}};
static const struct option_spec centre_send_options[] = {
    CENTRE_OPTION,
    {"to", "URL", "https://ADDRESS:PORT in place of what the card says"},
    {"out", "FILE", "the answer: the authority's response, or the warehouse's receipt (default: beside the file)"},
    {0},
};
static const struct option_spec centre_deliver_options[] = {
    EXPORT_OPTIONS, {"full", NULL, "this is all that the holder has: it takes the place of all earlier deliveries"}, {0}};
static const struct option_spec centre_pack_options[] = {
    EXPORT_OPTIONS,
    {"out", "FILE", "the delivery (default: DIR/work/HOLDER-NUMBER.delivery)"},
    {"full", NULL, "this is all that the holder has: it takes the place of all earlier deliveries"},
    {"objections", NULL, "only the pseudonyms of the export's persons, who object: for `emc2 objection add`, no delivery"},
    {0},
};
#define LANGUAGE_OPTION                                           \
    {                                                             \
        "language", "en|fr", "language of the words (default en)" \
    }
static const struct option_spec authority_options[] = {LANGUAGE_OPTION, {0}};
static const struct option_spec authority_card_options[] = {
    {"out", "FILE", "write it there instead of printing it"},
    {"url", "URL", "where the authority answers (https://ADDRESS:PORT), as in `authority serve`"},
    {0},
};
static const struct option_spec authority_holder_options[] = {
    {"limit", "N", "pseudonyms that it may ask for in one day"},
    LANGUAGE_OPTION,
    {0},
};
static const struct option_spec authority_evaluate_options[] = {{"out", "FILE", "the answer, to be sent back"}, LANGUAGE_OPTION, {0}};
static const struct option_spec authority_serve_options[] = {
    {"listen", "ADDRESS:PORT", "where to listen; numbers only, as in 127.0.0.1:8443"},
    LANGUAGE_OPTION,
    {0},
};

static const struct option_spec epoch_destroy_options[] = {{"yes-destroy", "N", "the epoch once more, so that it is the right one"}, {0}};

static const struct command commands[] = {
    {"init", "", 0, 0, "make a warehouse: an empty encrypted store and its root key",
     "The root key is sealed under a passphrase (Argon2id). Who has the passphrase and the files can read the warehouse:\n"
     "this protects the files against their host, not against the person who types the passphrase on it.",
     "  emc2 init --warehouse /srv/emc2", no_options, command_init, SANDBOX_MAKER, false},
    {"load", "SOURCE", 1, 1, "load a delivery, an OMOP 5.3 or 5.4 data set (directory or zip of CSV or Parquet), or Athena's vocabulary",
     "All or nothing: either every row is in a new snapshot, or the store stays as it was and the report says, by file, line\n"
     "and field, what is wrong. Keys that point to no record are kept and reported.",
     "  emc2 load exports/omop_2026-11 --warehouse /srv/emc2\n  emc2 load chu-a-12.delivery\n  emc2 load vocabulary_download_v5.zip",
     load_options, command_load, SANDBOX_LOADER, true},
    {"assemble", "[MAP...]", 0, 32, "make the next snapshot from all deliveries that were taken / assembler les livraisons",
     "What was delivered since is standardised and put on a shelf; then all that counts on the shelves, who is one person, and who\n"
     "objected, become one snapshot in place of the one before. MAP: local codes to standard concepts, rows of\n"
     "SOURCE_TO_CONCEPT_MAP or an export of Usagi. Interrupted anywhere, the next call goes on.",
     "  emc2 assemble --warehouse /srv/emc2\n  emc2 assemble maps/ccam.csv maps/labo.csv", assemble_options, command_assemble,
     SANDBOX_LOADER, true},
    {"status", "", 0, 0, "what the warehouse holds", NULL, "  emc2 status --warehouse /srv/emc2", no_options, command_status,
     SANDBOX_READER, false},
    {"snapshot list", "", 0, 0, "the snapshots, with what was loaded", NULL, "  emc2 snapshot list", no_options, command_snapshot_list,
     SANDBOX_READER, false},
    {"snapshot verify", "", 0, 0, "read every byte of a snapshot and check it",
     "Names each file that is not what was written: missing, cut, changed, swapped. Exit code 8 when something is wrong.",
     "  emc2 snapshot verify --snapshot 3", snapshot_options, command_snapshot_verify, SANDBOX_LOADER, false},
    {"snapshot hash", "", 0, 0, "one hash for each table, equal wherever the data are",
     "The hash does not depend on the order of rows, on the machine or on the format that the table travelled in\n"
     "(docs/formats/table-hash.md). With --compare, exit code 8 when a table differs.",
     "  emc2 snapshot hash --compare moving_2026-11/hashes.json", hash_options, command_snapshot_hash, SANDBOX_READER, false},
    {"person exclude", "", 0, 0, "from now on, nothing of these persons comes out of any snapshot",
     "At once and for good: counts, rows, cohorts, studies and exports are as if these persons had never been loaded, and a later\n"
     "load does not bring them back. Their rows stay in the files, sealed, until `emc2 compact` removes them. When one of the\n"
     "persons is unknown here, nobody is excluded.",
     "  emc2 person exclude --person 4711 --person 4712 --reason 'objection of 2026-11-20'\n"
     "  emc2 person exclude --file objections.txt --reason 'objections of November'",
     exclude_options, command_person_exclude, SANDBOX_LOADER, false},
    {"compact", "", 0, 0, "take excluded persons out of the files, and destroy the keys of the old files",
     "Segments with excluded persons are written anew without them; then the keys of the old files are destroyed, so that these\n"
     "are noise in every copy and backup. Older snapshots that have such files are closed. A certificate is written below\n"
     "certificates/. Interrupted at any moment, either the old files are whole or the new ones; run it again to end it.",
     "  emc2 compact --reason 'objections of November'", compact_options, command_compact, SANDBOX_LOADER, false},
    {"erase", "", 0, 0, "destroy the keys of data whose time is over, and certify it",
     "One of --expired, --snapshot N, --all. What is erased can be read by nobody any more, in no copy and no backup, and it cannot\n"
     "be undone. A signed certificate is written below certificates/.",
     "  emc2 erase --expired\n  emc2 erase --snapshot 3 --reason 'end of permit 2024-117'\n"
     "  emc2 erase --all --yes-destroy emc2 --warehouse /srv/emc2",
     erase_options, command_erase, SANDBOX_LOADER, false},
    {"certificate verify", "FILE", 1, 1, "check a certificate of erasure, and show what it says",
     "Needs no warehouse and no passphrase. Whether the public key is the warehouse's must be known by another way.",
     "  emc2 certificate verify certificates/00000004.json --public-key 9f86d0...", certificate_options, command_certificate_verify,
     SANDBOX_OFFLINE, true},
    {"linkage evaluate", "", 0, 0, "link two files by names, dates and places, and measure it where the truth is known",
     "For measuring the method on any data that you may see in clear; needs no warehouse. In the warehouse only tokens are compared.\n"
     "Without --columns the usual names of columns are recognised. Each record has at most one partner.",
     "  emc2 linkage evaluate --left dataset4a.csv --right dataset4b.csv --truth same-number", linkage_evaluate_options,
     command_linkage_evaluate, SANDBOX_OFFLINE, false},
    {"vocabulary search", "WORD...", 1, 64, "find concepts by the beginnings of words of their names, or by id", NULL,
     "  emc2 vocabulary search multiple myeloma --limit 5", search_options, command_vocabulary_search, SANDBOX_READER, false},
    {"cohort count", "DEFINITION.json...", 1, 100000, "how many persons an ATLAS cohort definition finds, with attrition",
     "A definition is a Circe cohort expression, as ATLAS exports it. What emc2 does not do is refused by its JSON path.",
     "  emc2 cohort count multiple_myeloma.json", count_options, command_cohort_count, SANDBOX_READER, true},
    {"cohort run", "DEFINITION.json...|DIR", 1, 100000, "the rows of cohorts: cohort, person, start, end",
     "The cohort's id is the file's name when that is a number, otherwise its position.",
     "  emc2 cohort run 4.json 8.json --out rows.csv\n  emc2 cohort run definitions/ --out rows.csv --keep-going", run_options,
     command_cohort_run, SANDBOX_READER, true},
    {"cohort sql", "DEFINITION.json", 1, 1, "a cohort definition as SQL over OMOP CDM 5.4",
     "The script makes temporary tables named emc2_..., gives the rows and the inclusion statistics, and drops the tables. The members of\n"
     "concept sets stand in it as this warehouse's vocabulary has them. Numbers are compared at three decimals.",
     "  emc2 cohort sql multiple_myeloma.json --dialect postgresql --schema omop > multiple_myeloma.sql", sql_options, command_cohort_sql,
     SANDBOX_READER, true},
    {"cohort list", "", 0, 0, "cohorts whose rows are kept in the warehouse", NULL, "  emc2 cohort list", kept_options, command_cohort_list,
     SANDBOX_READER, false},
    {"cohort show", "NAME", 1, 1, "how many persons and rows the cohorts have that are kept under a name",
     "Persons who were excluded since are not counted.", "  emc2 cohort show study-2026", kept_options, command_cohort_show, SANDBOX_READER,
     false},
    {"cohort session", "[DEFINITION.json]", 0, 1, "count while a definition is edited: a request a line, an answer a line",
     "Reads JSON lines from standard input, and answers each on standard output with the time that it took: open, rule, order, set,\n"
     "replace, add, remove, count, matrix, why, close. Only what an edit changes is evaluated again. What is wrong is answered by its\n"
     "JSON path, and the session goes on (docs/formats/session.md).",
     "  echo '{\"do\":\"count\"}' | emc2 cohort session multiple_myeloma.json", session_options, command_cohort_session, SANDBOX_READER,
     true},
    {"cohort why", "DEFINITION.json", 1, 1, "why a person is in a cohort or not, step by step and record by record",
     "Shows records of a person, so the grant must allow rows; it is entered in the log, who it was about sealed.",
     "  emc2 cohort why multiple_myeloma.json --person 4711 --language fr", why_options, command_cohort_why, SANDBOX_READER, true},
    {"cohort explain", "DEFINITION.json", 1, 1, "what a cohort definition means, in words",
     "With a warehouse at hand (--warehouse, or ./warehouse) concept sets are resolved and counted; otherwise they are listed.",
     "  emc2 cohort explain multiple_myeloma.json --language fr", explain_options, command_cohort_explain, SANDBOX_READER, true},
    {"export", "", 0, 0, "write every table back as OMOP 5.4 CSV or Parquet, with DDL",
     "What is loaded can be taken out whole (SNC 19.1): each table equals its source as a multiset of rows.",
     "  emc2 export --format parquet --out export_2026-11\n  emc2 export --all --format csv --out moving_2026-11", export_options,
     command_export, SANDBOX_EXPORTER, false},
    {"publish", "--to ADDRESS", 0, 0, "load the tables into a PostgreSQL database, distributed by person",
     "The OMOP CDM 5.4 in a schema of its own: over nodes by person where the server has Citus, in hash partitions otherwise. Nothing is\n"
     "seen before everything is there. Interrupted anywhere, the same command goes on where it was. To another machine only over TLS,\n"
     "with the certificate checked (sslmode=verify-full&sslrootcert=FILE).",
     "  emc2 publish --to 'postgresql://emc2@/omop?host=/run/postgresql'\n"
     "  emc2 publish --to 'postgresql://emc2@db.chu.fr/omop?sslmode=verify-full&sslrootcert=/etc/emc2/ca.pem' --password-file db.password",
     publish_options, command_publish, SANDBOX_EXPORTER, false},
    {"backup verify", "--from DIR", 0, 0, "read every byte of a backup and check it",
     "Needs no passphrase. Exit code 8 when something is wrong.", "  emc2 backup verify --from /mnt/backup/emc2", backup_verify_options,
     command_backup_verify, SANDBOX_READER, false},
    {"backup", "--to DIR", 0, 0, "copy what is new in the warehouse, encrypted as it is, to another disk",
     "Needs no passphrase, and copies no key: keys go to a medium of their own with `emc2 key backup`. Loads may go on meanwhile.\n"
     "Interrupted anywhere, the backup before is whole. What the warehouse no longer has is kept, unless --prune.",
     "  emc2 backup --to /mnt/backup/emc2", backup_options, command_backup, SANDBOX_READER, false},
    {"restore accept", "--reason TEXT", 0, 0, "take a warehouse as it is that is older than its keys or its log know",
     "For when no newer backup is left. What was loaded since is lost, and the log says so. Whoever was excluded since stays excluded:\n"
     "the keys know them.",
     "  emc2 restore accept --reason \"both disks are lost\" --warehouse /srv/emc2", accept_options, command_restore_accept, SANDBOX_LOADER,
     false},
    {"restore", "--from DIR --to DIR", 0, 0, "make a warehouse out of a backup",
     "Every byte is compared with its hash on the way, nothing is ever overwritten, and no passphrase is needed until it is opened.",
     "  emc2 restore --from /mnt/backup/emc2 --keys /mnt/stick/keys --to /srv/emc2", restore_options, command_restore, SANDBOX_OFFLINE,
     false},
    {"key backup", "--to DIR", 0, 0, "copy the keys, sealed as they are, to a medium of their own",
     "The copy replaces the one before, so that a key which was destroyed in the warehouse is gone from the copy, too.",
     "  emc2 key backup --to /mnt/stick/keys", key_backup_options, command_key_backup, SANDBOX_READER, false},
    {"key custodian new", "", 0, 0, "make a custodian's key: a sealed file to keep, a public line to give away",
     "The secret half is sealed under a passphrase of the custodian's own, or under a key inside a PKCS#11 token.",
     "  emc2 key custodian new --name alice --out alice.custodian\n"
     "  emc2 key custodian new --name bruno --out bruno.custodian --pkcs11-module /usr/lib/softhsm/libsofthsm2.so",
     custodian_new_options, command_key_custodian_new, SANDBOX_OPEN, true},
    {"key custodian sheet", "", 0, 0, "a recovery sheet to print: a custodian's key and share, sealed, as text and QR code",
     "Nothing on it is in clear: it opens only with the custodian's passphrase or token. English and French.",
     "  emc2 key custodian sheet --custodian alice.custodian --share alice.share --out alice", custodian_sheet_options,
     command_key_custodian_sheet, SANDBOX_OFFLINE, false},
    {"key custodian restore", "", 0, 0, "a custodian's files back from the lines of a recovery sheet",
     "Each line carries a check: a mistyped, missing or displaced one is named by its number.",
     "  emc2 key custodian restore --sheet typed.txt --out alice", custodian_restore_options, command_key_custodian_restore,
     SANDBOX_OFFLINE, false},
    {"key ceremony", "FILE.pub...", 2, 16, "give the root key to custodians, of whom any K open the warehouse together",
     "Makes a new warehouse, or takes over one that has a passphrase (its root key is replaced, the passphrase opens nothing\n"
     "any more). The root key is made in locked memory and never written; each share is sealed to its custodian.",
     "  emc2 key ceremony alice.pub bruno.pub chloe.pub driss.pub elena.pub --threshold 3 --out shares --warehouse /srv/emc2",
     ceremony_options, command_key_ceremony, SANDBOX_MAKER, true},
    {"key drill", "", 0, 0, "prove that a custodian's share still opens and is the right one, without opening the warehouse",
     "Each custodian at their own terminal, once a year and after every ceremony. Exit code 7 when it does not open.",
     "  emc2 key drill --custodian alice.custodian --share alice.share --custody custody.json", drill_options, command_key_drill,
     SANDBOX_OPEN, true},
    {"key reshare", "FILE.pub...", 2, 16, "new custodians or another threshold; the old shares open nothing any more",
     "As many old custodians as the threshold asks for are present. The root key itself is replaced.",
     "  emc2 key reshare alice.pub bruno.pub fatou.pub --threshold 2 --shares old --out shares --warehouse /srv/emc2", reshare_options,
     command_key_reshare, SANDBOX_OPEN, true},
    {"keeper run", "", 0, 0, "hold the keys of a warehouse in a process of its own, for the other commands",
     "Begins sealed; `emc2 key unseal` brings the keys. It has no network, its memory is locked and not dumped, and it answers\n"
     "only its own user (or the group of a socket's folder of mode 0750). SIGTERM, `emc2 key seal` and time seal it again.",
     "  emc2 keeper run --warehouse /srv/emc2", keeper_options, command_keeper_run, SANDBOX_KEEPER, false},
    {"key status", "", 0, 0, "whether the keeper is sealed, whose shares it has, how much it did", NULL,
     "  emc2 key status --warehouse /srv/emc2", no_options, command_key_status, SANDBOX_LOADER, false},
    {"key unseal", "", 0, 0, "give the keeper one custodian's share, or the passphrase of the warehouse",
     "The share is opened at this terminal, sealed again for this one unsealing and sent; the keeper says how many are missing.",
     "  emc2 key unseal --share alice.share --custodian alice.custodian\n  emc2 key unseal --passphrase-file passphrase", unseal_options,
     command_key_unseal, SANDBOX_LOADER, false},
    {"key seal", "", 0, 0, "let the keeper wipe its keys; nothing can be read until it is unsealed again", NULL,
     "  emc2 key seal --warehouse /srv/emc2", no_options, command_key_seal, SANDBOX_LOADER, false},
    {"key rotate", "", 0, 0, "a new root key and new domain keys, for a warehouse with a passphrase; no data is rewritten",
     "The passphrase stays. After a crash the warehouse opens as before, and the same command finishes what was begun.",
     "  emc2 key rotate --warehouse /srv/emc2", no_options, command_key_rotate, SANDBOX_LOADER, false},
    {"key passphrase", "", 0, 0, "change the passphrase of a warehouse",
     "Who kept the old passphrase and an old copy of keys/ can still open that copy: `emc2 key rotate` ends that for new data.",
     "  emc2 key passphrase --warehouse /srv/emc2", passphrase_options, command_key_passphrase, SANDBOX_LOADER, false},
    {"synthesise", "", 0, 0, "make a French-shaped synthetic population in OMOP, with its truth",
     "Person i depends on the seed and on i alone, so any size is repeatable. DIR can be loaded with `emc2 load DIR`.\n"
     "With --exports there is one directory for each holder, with the identities and their errors, and the truth about who is who.",
     "  emc2 synthesise --persons 100000 --seed 7 --out population\n"
     "  emc2 synthesise --exports --persons 20000 --noise nir_missing=0.3 --out exports",
     synthesise_options, command_synthesise, SANDBOX_OFFLINE, false},
    {"centre init", "", 0, 0, "at a hospital: make the directory and the key of a centre",
     "A centre is where a holder checks, blinds and packs its exports, on its own machine. Its key makes the technical numbers of\n"
     "persons and records: keep it, or the same persons would be strangers next time.",
     "  emc2 centre init --centre /srv/centre --holder chu-haute-rivelle", centre_init_options, command_centre_init, SANDBOX_OFFLINE,
     false},
    {"centre card", "", 0, 0, "the centre's public key, for the warehouse and the pseudonym authority", NULL,
     "  emc2 centre card --centre /srv/centre --out chu-haute-rivelle.card.json", centre_card_options, command_centre_card, SANDBOX_OFFLINE,
     false},
    {"centre take", "FILE...", 1, 8, "take the card of the warehouse or the authority, or the agreement",
     "Keys are pinned: a card that says something else than the one that is here is refused until --replace says that it is meant.",
     "  emc2 centre take warehouse.card.json authority.card.json agreement.json", centre_take_options, command_centre_take, SANDBOX_OFFLINE,
     true},
    {"centre status", "", 0, 0, "what the centre has, and what it delivered last", NULL, "  emc2 centre status", centre_options,
     command_centre_status, SANDBOX_OFFLINE, false},
    {"centre check", "EXPORT", 1, 1, "what is in an export, what would leave, what would not and why; nothing is written",
     "Reads the whole export as packing would. Exit code 3 when it has faults, or texts that look like identities or documents: such an\n"
     "export leaves in no part.",
     "  emc2 centre check exports/2026-11 --page preview.html", centre_check_options, command_centre_check, SANDBOX_OFFLINE, true},
    {"centre blind", "EXPORT", 1, 1, "blind the identities of an export for the pseudonym authority",
     "The request holds no identity and nothing that could be turned back into one: elements of a group, each to the power of a\n"
     "random number that stays here (RFC 9497).",
     "  emc2 centre blind exports/2026-11 --out 2026-11.request", centre_blind_options, command_centre_blind, SANDBOX_OFFLINE, true},
    {"centre finish", "REQUEST RESPONSE", 2, 2, "check the authority's answer and take the pseudonyms out of it",
     "Every block of the answer is proven: an authority that used another key than the one on its card is found.",
     "  emc2 centre finish 2026-11.request 2026-11.response", centre_options, command_centre_finish, SANDBOX_OFFLINE, true},
    {"centre pack", "EXPORT", 1, 1, "make the delivery: what the agreement allows, sealed to the warehouse, signed",
     "An export with one fault, or with a text that looks like an identity or a document, leaves in no part.",
     "  emc2 centre pack exports/2026-11 --full", centre_pack_options, command_centre_pack, SANDBOX_OFFLINE, true},
    {"centre send", "FILE", 1, 1, "send a request to the authority, or a delivery to the warehouse, over HTTPS",
     "Both sides know one another by the pins on their cards, and by nothing else. The file may as well be carried.",
     "  emc2 centre send 2026-11.request\n  emc2 centre send centre/work/chu-a-12.delivery", centre_send_options, command_centre_send,
     SANDBOX_NETWORK, true},
    {"centre deliver", "EXPORT", 1, 1, "the whole way of an export: blind, ask the authority, pack, send, keep the receipt",
     "What `centre blind`, `send`, `finish`, `pack` and `send` do one after the other. Run `centre check` before the first time.",
     "  emc2 centre deliver exports/2026-11 --full", centre_deliver_options, command_centre_deliver, SANDBOX_NETWORK, true},
    {"key epoch status", "", 0, 0, "in which epoch the warehouse's pseudonyms are made", NULL, "  emc2 key epoch status --json", no_options,
     command_key_epoch_status, SANDBOX_READER, false},
    {"key epoch begin", "", 0, 0, "a new exponent for the warehouse's pseudonyms: the first one, or a renewal",
     "The next `emc2 assemble`, or `emc2 key epoch renew`, turns pseudonyms of the last epoch into those of the new one without going\n"
     "back to the holders, and destroys the old exponent.",
     "  emc2 key epoch begin --warehouse /srv/emc2", no_options, command_key_epoch_begin, SANDBOX_LOADER, false},
    {"key epoch renew", "", 0, 0, "turn all stored pseudonyms into those of the newest epoch, and destroy the older exponents",
     "Persons keep their numbers. Nothing keeps which pseudonym became which. Stopped anywhere, the next call or assembly goes on.",
     "  emc2 key epoch renew --warehouse /srv/emc2", no_options, command_key_epoch_renew, SANDBOX_LOADER, false},
    {"key epoch destroy", "N", 1, 1, "destroy the exponent of an epoch whose pseudonyms are renewed",
     "No pseudonym of that epoch can be made again, nor turned into a newer one: whoever kept some has noise.",
     "  emc2 key epoch destroy 1 --yes-destroy 1 --warehouse /srv/emc2", epoch_destroy_options, command_key_epoch_destroy, SANDBOX_LOADER,
     false},
    {"authority init", "", 0, 0, "for the pseudonym authority: make its keys, its log and its list of holders",
     "The first of two pseudonymisations: the authority never sees an identity, and the warehouse never sees its key. DIR of --warehouse "
     "is\n"
     "the authority's own; `emc2 key ...` and `emc2 log ...` work on it as on a warehouse.",
     "  emc2 authority init --warehouse /srv/authority", authority_options, command_authority_init, SANDBOX_MAKER, false},
    {"authority card", "", 0, 0, "for the pseudonym authority: its public keys, for holders to pin", NULL,
     "  emc2 authority card --out authority.card.json --warehouse /srv/authority", authority_card_options, command_authority_card,
     SANDBOX_READER, false},
    {"authority status", "", 0, 0, "for the pseudonym authority: what holders pin, who is registered, how much was asked today", NULL,
     "  emc2 authority status --warehouse /srv/authority", authority_options, command_authority_status, SANDBOX_READER, false},
    {"authority holder add", "CARD.json", 1, 1, "for the pseudonym authority: register a holder, or change its keys or limit",
     "CARD.json is what `emc2 centre card` made. Compare its keys with the holder over another channel than the one it came by.",
     "  emc2 authority holder add chu-a.card.json --limit 2000000 --warehouse /srv/authority", authority_holder_options,
     command_authority_holder_add, SANDBOX_LOADER, true},
    {"authority holder remove", "NAME", 1, 1, "for the pseudonym authority: answer a holder no more", NULL,
     "  emc2 authority holder remove 'CHU Exemple' --warehouse /srv/authority", authority_options, command_authority_holder_remove,
     SANDBOX_LOADER, false},
    {"authority evaluate", "REQUEST", 1, 1, "for the pseudonym authority: answer one request that came as a file",
     "The limit of the day is counted and the log has the act before the answer is there.",
     "  emc2 authority evaluate chu.request --out chu.response --warehouse /srv/authority", authority_evaluate_options,
     command_authority_evaluate, SANDBOX_LOADER, true},
    {"authority serve", "", 0, 0, "for the pseudonym authority: answer registered holders over HTTPS until it is stopped",
     "TLS 1.3; each side knows the other by its pin alone. POST /evaluate, GET /authority. SIGTERM ends it.",
     "  emc2 authority serve --listen 10.1.2.3:8443 --warehouse /srv/authority", authority_serve_options, command_authority_serve,
     SANDBOX_NETWORK, false},
    {"log list", "", 0, 0, "who did what, when: the entries of the verifiable log",
     "Reads public parts and needs no passphrase. It shows what the files say; `emc2 log verify` says whether they are true.",
     "  emc2 log list --act load --count 5", log_list_options, command_log_list, SANDBOX_READER, false},
    {"log show", "N", 1, 1, "one entry of the log, and its private parts where somebody shows their openings", NULL,
     "  emc2 log show 812\n  emc2 log show 812 --opening shown.json", log_show_options, command_log_show, SANDBOX_READER, false},
    {"log prove", "N", 1, 1, "a proof that entry N is in the log, to be shown to anybody (c2sp.org/tlog-proof)", NULL,
     "  emc2 log prove 812 --out 812.tlog-proof", log_out_options, command_log_prove, SANDBOX_READER, false},
    {"log verify", "", 0, 0, "is the log what its key signed? names the first entry or file that is not",
     "Needs the files and the public key, no passphrase. Have the key, and a checkpoint for --since, from elsewhere than the host.\n"
     "Exit code 8 when something was changed, 7 for a wrong key or too few witnesses.",
     "  emc2 log verify --from /mnt/log --key log.vkey --since last_month.checkpoint", log_verify_options, command_log_verify,
     SANDBOX_READER, false},
    {"log export", "", 0, 0, "a copy of the log to publish on any web server (c2sp.org/tlog-tiles)", NULL,
     "  emc2 log export --out published", log_out_options, command_log_export, SANDBOX_EXPORTER, false},
    {"log openings", "N", 1, 1, "the private parts of an entry, to be shown to an auditor",
     "Each line opens one commitment of the entry: who has it checks it with `emc2 log show N --opening FILE`, without a passphrase.",
     "  emc2 log openings 812 > shown.json", no_options, command_log_openings, SANDBOX_READER, false},
    {"log forget", "", 0, 0, "destroy the keys of private parts that are old enough",
     "256 entries at a time, wholly before entry N. The log verifies as before; what was private is gone, in backups too.",
     "  emc2 log forget --before 20480", log_forget_options, command_log_forget, SANDBOX_LOADER, false},
    {"log key", "", 0, 0, "the log's public key, for auditors and witnesses", NULL, "  emc2 log key --warehouse /srv/emc2",
     log_from_options, command_log_key, SANDBOX_READER, false},
    {"witness new", "", 0, 0, "for an outside body: make a witness' key, sealed under a passphrase", NULL,
     "  emc2 witness new --name witness.example.org/1 --key witness.key", witness_new_options, command_witness_new, SANDBOX_OPEN, false},
    {"witness run", "", 0, 0, "for an outside body: cosign a log that still begins with what was cosigned before",
     "Refuses a log that was cut, forked or rewritten, with the reason and exit code 8. STATE/checkpoint is the witness' own copy of\n"
     "what it cosigned: publish it.",
     "  emc2 witness run --log /mnt/log --state state --key witness.key --every 3600", witness_run_options, command_witness_run,
     SANDBOX_OPEN, false},
    {"drill disclosure", "DIR...", 1, 64, "take everything that the host has, and show that it says nothing",
     "Looks in every file of every DIR (stores, ledgers, logs, backups) for planted strings, also in UTF-16, hexadecimal, base64, "
     "backwards\n"
     "and compressed, for source data in plain, for equal blocks, for bytes unlike noise, and tries keys made of the shares. Exit code 8\n"
     "when there is a finding; it is named by file and offset, never by what was found.",
     "  emc2 drill disclosure /srv/emc2 /var/log/emc2 /mnt/backup/emc2 --truth population --shares two-of-three", disclosure_options,
     command_drill_disclosure, SANDBOX_OFFLINE, true},
    {"demo", "", 0, 0, "the whole journey: a population, an encrypted store, the rare-blood-cancer cohorts, a report",
     "Makes DIR anew with population/, warehouse/, cohorts/ and report.html, which opens in any browser.", "  emc2 demo --persons 20000",
     demo_options, command_demo, SANDBOX_OFFLINE, false},
    {"version", "", 0, 0, "the version of emc2, and the sandbox that this machine gives it", NULL, "  emc2 version\n  emc2 version --json",
     no_options, command_version, SANDBOX_OFFLINE, false},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const struct command *command_at(int index)
{
    return index < COMMAND_COUNT ? &commands[index] : &intake_commands[index - COMMAND_COUNT];
}

static void print_overview(void)
{
    printf("emc2 %s: a health data warehouse that its own host cannot read\n\nusage: emc2 COMMAND [options]\n\n", EMC2_VERSION);
    for (int i = 0; i < COMMAND_COUNT + intake_command_count; i++) {
        printf("  %-21s %s\n", command_at(i)->name, command_at(i)->summary);
    }
    printf("\n`emc2 COMMAND --help` shows options and an example. A first look: emc2 demo\n");
}

/* "key custodian new" is three words of the command line; returns how many, or 0 when they are others. */
static int words_match(const char *name, int argc, char **argv)
{
    int used = 1;
    for (const char *word = name; *word; used++) {
        size_t length = strcspn(word, " ");
        if (used >= argc || strlen(argv[used]) != length || strncmp(argv[used], word, length) != 0) {
            return 0;
        }
        word += length + strspn(word + length, " ");
    }
    return used - 1;
}

static const struct command *find_command(int argc, char **argv, int *out_used)
{
    for (int i = 0; i < COMMAND_COUNT + intake_command_count; i++) {
        *out_used = words_match(command_at(i)->name, argc, argv);
        if (*out_used > 0) {
            return command_at(i);
        }
    }
    return NULL;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    task_cancel();
}

static bool read_settings(struct invocation *in, struct error *err)
{
    static const char of_machine[] = "/etc/emc2/emc2.settings";
    bool exists;
    settings_defaults(&in->settings);
    TRY(file_exists(of_machine, &exists, err));
    TRY(!exists || settings_read(&in->settings, of_machine, err));
    const char *path = invocation_value(in, "settings");
    if (path) {
        return settings_read(&in->settings, path, err);
    }
    path = arena_text_format(in->arena, "%s/emc2.settings", warehouse_directory(in));
    if (settings_read_host(&in->settings, path, err)) {
        return true;
    }
    bool is_absent = err->code == ERROR_NOT_FOUND;
    if (is_absent) {
        error_clear(err);
    }
    return is_absent;
}

static bool run(struct invocation *in, int argc, char **argv, struct error *err)
{
    TRY(invocation_parse(in, argc, argv, err));
    if (invocation_flag(in, "help")) {
        invocation_help(in->command);
        return true;
    }
    TRY(command_confine(in, err)); /* from here on bytes from outside are read */
    TRY(crypto_start(err));
    TRY(crypto_process_harden(err));
    TRY(read_settings(in, err));
    int64_t threads;
    TRY(invocation_integer(in, "threads", settings_get(&in->settings, SETTING_THREADS), 0, 1024, &threads, err));
    TRY(task_pool_create(&in->pool, (unsigned)threads, err));
    return in->command->run(in, err);
}

static int report_unknown(const char *word)
{
    struct error err = {0};
    FAIL(&err, INVALID_ARGUMENT, "`%.60s` is not a command, or needs a second word", word);
    error_hint(&err, "emc2 --help lists the commands");
    log_error("emc2", &err);
    return error_exit_code(err.code);
}

int command_main(int argc, char **argv)
{
    static char version[] = "version";
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        argv[1] = version;
    }
    int used = 0;
    const struct command *command = find_command(argc, argv, &used);
    if (!command) {
        return report_unknown(argv[1]);
    }
    struct sigaction interrupt = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    lock_says(command->name);
    struct error err = {0};
    struct invocation in = {.command = command, .arena = arena_create()};
    bool done = run(&in, argc - used, argv + used, &err);
    task_pool_destroy(in.pool);
    arena_destroy(in.arena);
    if (done && fflush(stdout) != 0) {
        done = FAIL(&err, IO, "standard output cannot be written");
    }
    if (!done) {
        log_error("emc2", &err);
    }
    return done ? 0 : error_exit_code(err.code);
}
