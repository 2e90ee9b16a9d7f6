-- The claim that an execution was started under, which may tell its end; null where it was started before, or of no run.
ALTER TABLE "execution" ADD COLUMN "fence" INTEGER,
-- When the supervisor of an execution of no run last said that it lives; null: not since it was started.
ADD COLUMN "touched_at" TIMESTAMPTZ(3);
CREATE INDEX "execution_alone_in_flight" ON "execution" ((coalesce("touched_at", "started_at"))) WHERE "run_id" IS NULL AND "end" IS NULL;

-- The principal of the worker that started an operation, which may tell its end.
ALTER TABLE "workspace_operation" ADD COLUMN "started_by_id" TEXT;
