-- SPDX-License-Identifier: EUPL-1.2
-- Statistics for the planner, once all rows are there.
ANALYZE @schema@.@table@
