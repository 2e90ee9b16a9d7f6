-- What is asked of all runs must not cost more with every run that has settled.

-- Runs that wait for an owner, those that have waited longest first: a claim reads as many as it looks at.
CREATE INDEX "run_waiting" ON "run" ("status_at", "id") WHERE "status" = 'QUEUED';

-- Runs of a project or a workflow are counted by status from the index alone.
DROP INDEX "run_project_created_at_id_idx";
CREATE INDEX "run_project_created_at_id_status_idx" ON "run" ("project", "created_at", "id", "status");
DROP INDEX "run_workflow_id_created_at_id_idx";
CREATE INDEX "run_workflow_id_created_at_id_status_idx" ON "run" ("workflow_id", "created_at", "id", "status");

-- What was written to an index of this kind and is not sorted in yet is gone through by every search: not more than this.
ALTER INDEX "run_labels_idx" SET (gin_pending_list_limit = 512);

-- Text in titles is found by its groups of three letters. The extension comes with PostgreSQL's contributed modules; where
-- it can't be had, such a search reads all titles.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "run_title_text" ON "run" USING gin (lower("title") gin_trgm_ops) WITH (gin_pending_list_limit = 512);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN
  RAISE NOTICE 'searching runs by text will be slow: the extension pg_trgm can''t be had (%)', SQLERRM;
END $$;

-- A phase that goes takes its approvals with it: without this, deleting a run reads all approvals for each of its phases.
CREATE INDEX "approval_phase_id_idx" ON "approval" ("phase_id");
