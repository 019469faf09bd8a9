/* SPDX-License-Identifier: EUPL-1.2 */
/* intake_table: holders, deliveries, quarantine, objections, the report of linkage. */
#include "service/command/intake_table.h"
#include "service/command/commands.h"

static const struct option_spec no_options[] = {{0}};
static const struct option_spec add_options[] = {
    {"kind", "hospital|claims", "what the holder is"},
    {"from", "DATE", "the first day on which they may deliver (YYYY-MM-DD)"},
    {"until", "DATE", "the last day"},
    {0},
};
static const struct option_spec show_options[] = {{"agreement", NULL, "print the signed agreement"}, {0}};
static const struct option_spec suspend_options[] = {{"lift", NULL, "the holder may deliver again"}, {0}};
static const struct option_spec out_options[] = {{"out", "FILE", "write it there instead of printing it"}, {0}};
static const struct option_spec card_options[] = {
    {"out", "FILE", "write it there instead of printing it"},
    {"new", NULL, "make the next key; deliveries that were sealed to older ones still open"},
    {"url", "URL", "where the warehouse takes deliveries (https://ADDRESS:PORT), as in `intake serve`"},
    {0},
};
static const struct option_spec serve_options[] = {
    {"listen", "ADDRESS:PORT", "where to listen; numbers only, as in 127.0.0.1:8444"},
    {"names", "FILE", "family and given names, one a line: two in a row are a finding"},
    {0},
};
static const struct option_spec check_options[] = {{"names", "FILE", "family and given names, one a line: two in a row are a finding"},
                                                   {0}};
static const struct option_spec receipt_options[] = {
    {"public-key", "HEX", "the warehouse's public key, as it was made known (else the one in the receipt is used and shown)"},
    {0},
};
static const struct option_spec open_options[] = {
    {"out", "FILE.csv", "where the findings go, with their values"},
    {"names", "FILE", "as it was given to load"},
    {"first-passphrase-file", "FILE", "of the first person (else it is asked for)"},
    {"second-passphrase-file", "FILE", "of the second person (else it is asked for)"},
    {0},
};
static const struct option_spec purge_options[] = {{"all", NULL, "all of it, and not only what is older than quarantine_days"}, {0}};
static const struct option_spec linkage_report_options[] = {
    {"reference", "HOLDER", "linked is who has an entry of this holder, such as the claims base (default: of any other holder)"},
    {"truth", "FILE.csv", "who each entry is, where somebody knows it: columns holder, subject, person; gives precision, recall and F1"},
    {"page", "FILE.html", "write a page with the groups and the match-weight chart there"},
    {"language", "en|fr", "language of the words (default en)"},
    {0},
};
static const struct option_spec centre_subject_options[] = {
    {"centre", "DIR", "the directory of the centre (default: centre)"}, {"out", "FILE", "the list with subjects"}, {0}};

const struct command intake_commands[] = {
    {"holder add", "CARD.json", 1, 1, "let a hospital or the claims base deliver",
     "CARD.json is what `emc2 centre card` made. Compare the key with the holder by telephone: everything rests on it.",
     "  emc2 holder add chu-a.card.json --kind hospital --from 2026-01-01 --until 2028-12-31", add_options, command_holder_add,
     SANDBOX_LOADER, true},
    {"holder list", "", 0, 0, "who may deliver, until when, and how far they have come", NULL, "  emc2 holder list", no_options,
     command_holder_list, SANDBOX_LOADER, false},
    {"holder show", "NAME", 1, 1, "one holder, or their agreement", NULL, "  emc2 holder show chu-a --agreement", show_options,
     command_holder_show, SANDBOX_LOADER, false},
    {"holder suspend", "NAME", 1, 1, "from now on nothing of this holder is taken", NULL, "  emc2 holder suspend chu-a", suspend_options,
     command_holder_suspend, SANDBOX_LOADER, false},
    {"holder agreement", "NAME TERMS.json", 2, 2, "sign what a holder may deliver: tables and columns, each with its justification",
     "Templates are in packaging/agreement; docs/formats/agreement.md. It takes the place of an earlier one.",
     "  emc2 holder agreement chu-a terms.json --out agreement.json", out_options, command_holder_agreement, SANDBOX_LOADER, true},
    {"intake card", "", 0, 0, "the warehouse's public keys, for holders: deliveries are sealed to them", NULL,
     "  emc2 intake card --out warehouse.card.json", card_options, command_intake_card, SANDBOX_LOADER, false},
    {"intake serve", "", 0, 0, "take deliveries over HTTPS until it is stopped; each is checked as `load` does",
     "TLS 1.3; each side knows the other by its pin alone (holder add takes it from the holder's card). POST /delivery gives the\n"
     "receipt, or says why the delivery is refused. SIGTERM ends it.",
     "  emc2 intake serve --listen 10.1.2.3:8444 --warehouse /srv/emc2", serve_options, command_intake_serve, SANDBOX_NETWORK, false},
    {"delivery check", "FILE.delivery", 1, 1, "would this delivery be taken? nothing is taken, refused or kept", NULL,
     "  emc2 delivery check chu-a-12.delivery", check_options, command_delivery_check, SANDBOX_LOADER, true},
    {"delivery list", "", 0, 0, "the deliveries that were taken", NULL, "  emc2 delivery list", no_options, command_delivery_list,
     SANDBOX_READER, false},
    {"delivery receipt verify", "FILE", 1, 1, "for a holder: check the receipt of a delivery",
     "Needs no warehouse and no passphrase. Whether the public key is the warehouse's must be known by another way.",
     "  emc2 delivery receipt verify chu-a-12.json --public-key 9f86d0...", receipt_options, command_delivery_receipt_verify,
     SANDBOX_OFFLINE, true},
    {"quarantine list", "", 0, 0, "the deliveries that were refused, and why", NULL, "  emc2 quarantine list", no_options,
     command_quarantine_list, SANDBOX_READER, false},
    {"quarantine person", "FILE.pub", 1, 1, "let a person open the quarantine, together with another one",
     "FILE.pub is the public line of the person's key: `emc2 key custodian new`.", "  emc2 quarantine person alice.custodian.pub",
     no_options, command_quarantine_person, SANDBOX_LOADER, true},
    {"quarantine open", "NAME FIRST.custodian SECOND.custodian", 3, 3, "two persons look at what was found in a refused delivery",
     "Each opens their own key. The findings are written with their values: destroy the file afterwards.",
     "  emc2 quarantine open chu-a-12-3f0c9d1e alice.custodian bruno.custodian --out findings.csv", open_options, command_quarantine_open,
     SANDBOX_LOADER, true},
    {"quarantine purge", "", 0, 0, "remove refused deliveries that are older than quarantine_days", NULL, "  emc2 quarantine purge",
     purge_options, command_quarantine_purge, SANDBOX_LOADER, false},
    {"objection add", "FILE.tokens", 1, 1, "take objections: pseudonyms of persons who do not want to be in the warehouse",
     "A delivery that holds tokens and nothing else. Objections hold for everything that is delivered later, by whomever.",
     "  emc2 objection add objections-2026-11.tokens", no_options, command_objection_add, SANDBOX_LOADER, true},
    {"linkage report", "", 0, 0, "who is linked, by holder, age, sex and birthplace; by which rule; what was left out",
     "What the last assembly linked, in groups; one with fewer than 90 linked of 100 is flagged (EMC2-06). Groups may be small: the "
     "report\n"
     "is for the operator.",
     "  emc2 linkage report --reference snds --page linkage.html\n  emc2 linkage report --truth truth.csv --json", linkage_report_options,
     command_linkage_report, SANDBOX_LOADER, false},
    {"centre subject", "FILE.csv", 1, 1, "at a hospital: the warehouse's numbers of persons for a list of local identifiers",
     "FILE.csv has a column local_id, as the export writes it; in its place the list has a column subject. Other columns stay as they "
     "are,\n"
     "so look at them before the list leaves.",
     "  emc2 centre subject questions.csv --out subjects.csv --centre /srv/centre", centre_subject_options, command_centre_subject,
     SANDBOX_OFFLINE, true},
};
const int intake_command_count = sizeof intake_commands / sizeof *intake_commands;
