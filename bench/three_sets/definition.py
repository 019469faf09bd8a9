#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The three-set question as a Circe expression, with the set bounds of duckdb_peer.c: definition.py > three_sets.json"""
import json


def concept_set(number, name, first, last):
    return {"id": number, "name": name, "expression": {"items": [{"concept": {"CONCEPT_ID": c}} for c in range(first, last + 1)]}}


def rule(name, codeset, window, occurrence):
    return {"name": name, "expression": {"Type": "ALL", "CriteriaList": [{
        "Criteria": {"ConditionOccurrence": {"CodesetId": codeset}}, "StartWindow": window, "Occurrence": occurrence,
        "IgnoreObservationPeriod": True}]}}


print(json.dumps({
    "ConceptSets": [concept_set(0, "A", 1010000, 1010017), concept_set(1, "B", 1000500, 1000599), concept_set(2, "C", 1001000, 1001139)],
    "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}],
                        "ObservationWindow": {"PriorDays": 365, "PostDays": 0}, "PrimaryCriteriaLimit": {"Type": "First"}},
    "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": "First"},
    "InclusionRules": [
        rule("any B in the year before", 1, {"Start": {"Days": 365, "Coeff": -1}, "End": {"Days": 0, "Coeff": -1}}, {"Type": 2, "Count": 1}),
        rule("no C ever", 2, {"Start": {"Coeff": -1}, "End": {"Coeff": 1}}, {"Type": 0, "Count": 0})],
    "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0}, "CensorWindow": {}}))
