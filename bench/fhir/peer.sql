-- SPDX-License-Identifier: EUPL-1.2
-- What the reader takes of these lines, as DuckDB would take it: the fields by their types, and a sum so that they are read.
SELECT count(*), count(id), count(subject.reference), count(encounter.reference), count(code.coding[1].system), count(code.coding[1].code),
       count(effectiveDateTime), count(valueQuantity.value), count(valueQuantity.code)
FROM read_ndjson('@directory@/Observation.ndjson', maximum_object_size = 16777216,
                 columns = {id: 'VARCHAR', status: 'VARCHAR', subject: 'STRUCT(reference VARCHAR)', encounter: 'STRUCT(reference VARCHAR)',
                            code: 'STRUCT(coding STRUCT("system" VARCHAR, code VARCHAR)[])',
                            category: 'STRUCT(coding STRUCT("system" VARCHAR, code VARCHAR)[])[]', effectiveDateTime: 'VARCHAR',
                            valueQuantity: 'STRUCT("value" DOUBLE, code VARCHAR, comparator VARCHAR)',
                            referenceRange: 'STRUCT(low STRUCT("value" DOUBLE), high STRUCT("value" DOUBLE))[]'})
