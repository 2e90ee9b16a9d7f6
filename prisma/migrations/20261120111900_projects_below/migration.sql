-- The project of a run, which never changes, beside what is listed across runs: a reader who sees few projects finds what is
-- theirs by an index, instead of going through what is everybody else's.
ALTER TABLE "execution" ADD COLUMN "project" TEXT;
UPDATE "execution" x SET "project" = r."project" FROM "run" r WHERE r."id" = x."run_id";
CREATE INDEX "execution_project_started_at_id_idx" ON "execution" ("project", "started_at", "id");

ALTER TABLE "approval" ADD COLUMN "project" TEXT;
UPDATE "approval" v SET "project" = r."project" FROM "run" r WHERE r."id" = v."run_id";
ALTER TABLE "approval" ALTER COLUMN "project" SET NOT NULL;
CREATE INDEX "approval_project_requested_at_id_idx" ON "approval" ("project", "requested_at", "id");

-- Executions of no run belong to who started them.
CREATE INDEX "execution_of_no_run" ON "execution" ("started_by", "started_at", "id") WHERE "run_id" IS NULL;
