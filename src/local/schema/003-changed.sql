-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- Documents in the order in which people last worked on them.
CREATE INDEX files_updated ON files(updated_at, stable_id, doc_id)
	WHERE deleted = 0;
