-- SPDX-License-Identifier: EUPL-1.2
-- The peer's tables as OMOP is ingested: in person order, in a file of DuckDB.
ATTACH '@database@' AS peer;
CREATE TABLE peer.observation_period AS SELECT * FROM read_parquet('@directory@/observation_period.parquet') ORDER BY person_id;
CREATE TABLE peer.condition_occurrence AS
    SELECT * FROM read_parquet('@directory@/condition_occurrence.parquet') ORDER BY person_id, condition_start_date, condition_occurrence_id;
CHECKPOINT peer;
