-- SPDX-License-Identifier: EUPL-1.2
-- A copy on every node.
SELECT create_reference_table($1::text::regclass)
