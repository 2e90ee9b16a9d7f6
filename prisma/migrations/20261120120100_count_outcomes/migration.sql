-- An outcome is a status and a reason: with both in the index, runs are counted by it from the index alone.
DROP INDEX "run_status_created_at_id_idx";
CREATE INDEX "run_status_created_at_id_reason_idx" ON "run" ("status", "created_at", "id", "reason");
