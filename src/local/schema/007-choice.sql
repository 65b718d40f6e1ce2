-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- Contents that are not kept here by choice (COLLECTIONS): known, not fetched.

-- 1: wanted by nobody here.
ALTER TABLE storage_refs ADD COLUMN unwanted INTEGER NOT NULL DEFAULT 0;
DROP INDEX storage_wanted;
CREATE INDEX storage_wanted ON storage_refs(id, file_type)
	WHERE present = 0 AND refs > 0 AND unwanted = 0;
CREATE INDEX storage_unwanted ON storage_refs(id) WHERE unwanted = 1;

-- 1: it waits for such a content, and is counted apart.
ALTER TABLE files ADD COLUMN unwanted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX files_unwanted ON files(stable_id) WHERE unwanted = 1;
INSERT INTO counts VALUES ('unwanted', 0, 0), ('unwanted', 1, 0);
CREATE TRIGGER files_unwanted_over AFTER UPDATE OF sync_status, deleted,
	unwanted ON files
WHEN (old.unwanted = 1 OR new.unwanted = 1) BEGIN
	UPDATE counts SET n = n - 1 WHERE sync_status = 'unwanted'
		AND deleted = old.deleted AND old.unwanted = 1
		AND old.sync_status = 'pending_download';
	UPDATE counts SET n = n + 1 WHERE sync_status = 'unwanted'
		AND deleted = new.deleted AND new.unwanted = 1
		AND new.sync_status = 'pending_download';
END;
CREATE TRIGGER files_unwanted_out AFTER DELETE ON files
WHEN old.unwanted = 1 AND old.sync_status = 'pending_download' BEGIN
	UPDATE counts SET n = n - 1
		WHERE sync_status = 'unwanted' AND deleted = old.deleted;
END;

-- Another content, another collection of its document, a record more in it:
-- it is asked anew whether it is wanted.
CREATE TRIGGER files_chosen_over AFTER UPDATE OF id, doc_id, doc_collections,
	deleted ON files
WHEN EXISTS (SELECT 1 FROM storage_refs WHERE unwanted = 1)
	AND (old.id <> new.id OR old.doc_id <> new.doc_id
		OR old.deleted <> new.deleted
		OR old.doc_collections <> new.doc_collections) BEGIN
	UPDATE storage_refs SET unwanted = 0 WHERE unwanted = 1 AND id IN
		(SELECT id FROM files WHERE doc_id IN (old.doc_id, new.doc_id)
		UNION SELECT old.id);
	UPDATE files SET unwanted = 0, sync_reason = NULL WHERE unwanted = 1
		AND doc_id IN (old.doc_id, new.doc_id);
END;
CREATE TRIGGER files_chosen_in AFTER INSERT ON files
WHEN EXISTS (SELECT 1 FROM storage_refs WHERE unwanted = 1) BEGIN
	UPDATE storage_refs SET unwanted = 0 WHERE unwanted = 1 AND id IN
		(SELECT id FROM files WHERE doc_id = new.doc_id);
	UPDATE files SET unwanted = 0, sync_reason = NULL WHERE unwanted = 1
		AND doc_id = new.doc_id;
END;

-- Whose past is it?
CREATE INDEX history_content ON history(id);
