-- SPDX-License-Identifier: EUPL-1.2
-- How far the engine reads ahead of whoever takes the rows of a streamed result.
SET streaming_buffer_size = '32MiB';
