#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A cohort of 20 rules over the population of `emc2 synthesise`, and what somebody does to it: requests.py DEFINITION.json REQUESTS
Each line of REQUESTS is a kind (toggle, window, order, matrix) and a request of a session (docs/formats/session.md)."""
import json
import sys

CONDITIONS = [4112343, 260139, 372328, 194133, 196523, 81902, 432867, 40481087, 80180, 440383]
DRUGS = [1332418, 739138, 1125315, 1545958, 1154343]
MEASUREMENTS = [3004249, 3025315, 3019900, 3020564, 3004410]


def rule(number, days):
    kinds = [("ConditionOccurrence", c) for c in CONDITIONS] + [("DrugExposure", c) for c in DRUGS] + [("Measurement", c) for c in MEASUREMENTS]
    kind, _ = kinds[number]
    absent = number % 3 == 0
    return {"name": f"rule {number + 1}", "expression": {"Type": "ALL", "CriteriaList": [{
        "Criteria": {kind: {"CodesetId": number + 1}},
        "StartWindow": {"Start": {"Days": days if absent else 1500, "Coeff": -1}, "End": {"Days": 0 if absent else days, "Coeff": -1 if absent else 1}},
        "Occurrence": {"Type": 1, "Count": 1} if absent else {"Type": 1 if number % 3 == 1 else 2, "Count": 3 if number % 3 == 1 else 0}}],
        "DemographicCriteriaList": [], "Groups": []}}


def concept_set(number, concept):
    return {"id": number, "name": f"set {number}", "expression": {"items": [{"concept": {"CONCEPT_ID": concept}}]}}


def main():
    sets = [320128, *CONDITIONS, *DRUGS, *MEASUREMENTS]
    definition = {
        "ConceptSets": [concept_set(i, c) for i, c in enumerate(sets)],
        "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}], "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
                            "PrimaryCriteriaLimit": {"Type": "First"}},
        "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": "First"}, "InclusionRules": [rule(i, 400) for i in range(20)],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0}, "CensorWindow": {}}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(definition, file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        for i in range(20):
            for on in (False, True):
                file.write(f"toggle {json.dumps({'do': 'rule', 'rule': i, 'on': on, 'count': True})}\n")
        for i in range(20):
            file.write(f"window {json.dumps({'do': 'replace', 'rule': i, 'json': rule(i, 300), 'count': True})}\n")
        file.write(f"order {json.dumps({'do': 'order', 'rules': list(reversed(range(20))), 'count': True})}\n")
        file.write(f"matrix {json.dumps({'do': 'matrix'})}\n")


main()
