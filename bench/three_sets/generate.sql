-- SPDX-License-Identifier: EUPL-1.2
-- The bench's data set, as OMOP Parquet: @events@ condition occurrences of @persons@ persons over 20,000 concepts (many of few, few of most).
-- A pure function of the row's number, so every run measures the same data.
COPY (
    SELECT range + 1 AS person_id, 8507 + 25 * (hash(range) % 2)::INTEGER AS gender_concept_id, 1930 + (hash(range, 1) % 80)::INTEGER AS year_of_birth,
           0 AS race_concept_id, 0 AS ethnicity_concept_id
    FROM range(@persons@)
) TO '@directory@/person.parquet' (FORMAT parquet);
COPY (
    SELECT range + 1 AS observation_period_id, range + 1 AS person_id,
           DATE '2010-01-01' + (hash(range, 2) % 1000)::INTEGER AS observation_period_start_date,
           DATE '2021-12-31' - (hash(range, 3) % 1000)::INTEGER AS observation_period_end_date, 32817 AS period_type_concept_id
    FROM range(@persons@)
) TO '@directory@/observation_period.parquet' (FORMAT parquet);
COPY (
    SELECT range + 1 AS condition_occurrence_id, (hash(range, 4) % @persons@)::BIGINT + 1 AS person_id,
           1000000 + floor(20000 * pow((hash(range, 5) % 1000003) / 1000003.0, 3))::INTEGER AS condition_concept_id,
           DATE '2010-01-01' + (hash(range, 6) % 4382)::INTEGER AS condition_start_date, 32817 AS condition_type_concept_id,
           (hash(range, 7) % @persons@)::BIGINT * 10 AS visit_occurrence_id
    FROM range(@events@)
) TO '@directory@/condition_occurrence.parquet' (FORMAT parquet, ROW_GROUP_SIZE 1000000);
COPY (
    SELECT 1000000 + range AS concept_id, 'concept ' || range AS concept_name, 'Condition' AS domain_id, 'bench' AS vocabulary_id,
           'Clinical Finding' AS concept_class_id, 'S' AS standard_concept, range::VARCHAR AS concept_code, DATE '1970-01-01' AS valid_start_date,
           DATE '2099-12-31' AS valid_end_date, NULL::VARCHAR AS invalid_reason
    FROM range(20001)
) TO '@directory@/concept.parquet' (FORMAT parquet);
