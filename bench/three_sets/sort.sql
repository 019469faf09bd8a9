-- SPDX-License-Identifier: EUPL-1.2
-- DuckDB's best case: a copy in concept order.
CREATE TABLE peer.condition_by_concept AS
    SELECT person_id, condition_concept_id, condition_start_date FROM peer.condition_occurrence
    ORDER BY condition_concept_id, person_id, condition_start_date;
