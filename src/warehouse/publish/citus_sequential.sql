-- SPDX-License-Identifier: EUPL-1.2
-- Tables that belong together are made in one transaction.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential'
