-- SPDX-License-Identifier: EUPL-1.2
-- A table of the CDM.
CREATE TABLE @schema@.@table@ (@columns@)
