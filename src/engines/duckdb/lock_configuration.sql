-- SPDX-License-Identifier: EUPL-1.2
-- Last of all: nothing that was set before can be undone by a statement.
SET lock_configuration = true;
