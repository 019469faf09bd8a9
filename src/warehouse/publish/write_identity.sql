-- SPDX-License-Identifier: EUPL-1.2
-- $1: what the schema is being filled with.
INSERT INTO @schema@.emc2_publication (identity) VALUES ($1)
