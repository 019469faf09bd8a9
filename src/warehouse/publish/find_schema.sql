-- SPDX-License-Identifier: EUPL-1.2
-- Whether a schema is there, and whether it was made by a publication. Asked of the catalogue, which everybody may read.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
       EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'emc2_publication')
