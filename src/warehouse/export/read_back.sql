-- SPDX-License-Identifier: EUPL-1.2
-- For the test: what an exported table of observations holds, with its types.
SELECT count(*), count(value_as_string), sum(observation_id), max(observation_date), min(value_as_number), min(value_as_string), max(observation_datetime)
FROM read_parquet(@path@)
