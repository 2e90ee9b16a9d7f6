-- The settled runs of a project, the last ones first: what settled lately is counted by status from the index alone.
CREATE INDEX "run_settled_of_project" ON "run" ("project", "settled_at", "status") WHERE "settled_at" IS NOT NULL;
