-- SPDX-License-Identifier: EUPL-1.2
-- First of set A with 365 days of observation before, any of B in the year before, none of C ever. Set bounds as in the cohort definition.
WITH a AS (
    SELECT person_id, min(condition_start_date) AS entry FROM peer.@table@ WHERE condition_concept_id BETWEEN @a_first@ AND @a_last@ GROUP BY person_id
), entries AS (
    SELECT a.person_id, a.entry FROM a JOIN peer.observation_period o
      ON o.person_id = a.person_id AND a.entry >= o.observation_period_start_date + 365 AND a.entry <= o.observation_period_end_date
)
SELECT count(*) FROM entries e
WHERE EXISTS (SELECT 1 FROM peer.@table@ b WHERE b.person_id = e.person_id AND b.condition_concept_id BETWEEN @b_first@ AND @b_last@
                AND b.condition_start_date BETWEEN e.entry - 365 AND e.entry)
  AND NOT EXISTS (SELECT 1 FROM peer.@table@ c WHERE c.person_id = e.person_id AND c.condition_concept_id BETWEEN @c_first@ AND @c_last@);
