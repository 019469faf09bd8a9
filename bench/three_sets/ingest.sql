-- SPDX-License-Identifier: EUPL-1.2
ATTACH '@database@' AS peer;
-- As OMOP is ingested: in person order.
CREATE TABLE peer.observation_period AS SELECT * FROM read_parquet('@directory@/observation_period.parquet') ORDER BY person_id;
CREATE TABLE peer.condition_occurrence AS
    SELECT * FROM read_parquet('@directory@/condition_occurrence.parquet') ORDER BY person_id, condition_start_date, condition_occurrence_id;
CHECKPOINT peer;
