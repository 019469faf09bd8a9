-- SPDX-License-Identifier: EUPL-1.2
-- Whether a schema is there, and whether it was made by a publication.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), to_regclass(quote_ident($1) || '.emc2_publication') IS NOT NULL
