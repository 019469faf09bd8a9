-- SPDX-License-Identifier: EUPL-1.2
-- Whether tables are distributed over nodes.
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
