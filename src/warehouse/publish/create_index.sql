-- SPDX-License-Identifier: EUPL-1.2
-- Made after loading; an interrupted publication may have made it already.
CREATE INDEX IF NOT EXISTS @index@ ON @schema@.@table@ (@columns@)
