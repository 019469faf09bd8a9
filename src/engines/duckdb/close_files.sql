-- SPDX-License-Identifier: EUPL-1.2
-- An engine that reads no files may not open any either.
SET disabled_filesystems = 'LocalFileSystem';
