-- CreateEnum
CREATE TYPE "workspace_kind" AS ENUM ('DIRECTORY', 'WORKTREE');

-- CreateEnum
CREATE TYPE "workspace_status" AS ENUM ('READY', 'REMOVED');

-- CreateEnum
CREATE TYPE "workspace_operation_kind" AS ENUM ('DIFF', 'MERGE', 'START_PREVIEW', 'STOP_PREVIEW', 'REMOVE');

-- CreateEnum
CREATE TYPE "workspace_operation_status" AS ENUM ('REQUESTED', 'STARTED', 'SUCCEEDED', 'FAILED');

-- CreateEnum
CREATE TYPE "preview_status" AS ENUM ('STOPPED', 'STARTING', 'RUNNING', 'FAILED');

-- CreateTable
CREATE TABLE "workspace" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "kind" "workspace_kind" NOT NULL,
    "path" TEXT NOT NULL,
    "repository" TEXT,
    "branch" TEXT,
    "base_commit" TEXT,
    "status" "workspace_status" NOT NULL,
    "revision" INTEGER NOT NULL,
    "run_count" INTEGER NOT NULL,
    "preview_status" "preview_status" NOT NULL,
    "preview_url" TEXT,
    "preview_started_at" TIMESTAMPTZ(3),
    "preview_error" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspace_run" (
    "run_id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,

    CONSTRAINT "workspace_run_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "workspace_operation" (
    "id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "kind" "workspace_operation_kind" NOT NULL,
    "force" BOOLEAN NOT NULL,
    "status" "workspace_operation_status" NOT NULL,
    "attempt" INTEGER NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "worker" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "result" JSONB,
    "patch" TEXT,
    "error" JSONB,

    CONSTRAINT "workspace_operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspace_key" (
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "operation_id" TEXT,
    "request" JSONB NOT NULL,

    CONSTRAINT "workspace_key_pkey" PRIMARY KEY ("key","operation","scope")
);

-- CreateIndex
CREATE INDEX "workspace_created_at_id_idx" ON "workspace"("created_at", "id");

-- CreateIndex
CREATE INDEX "workspace_host_created_at_id_idx" ON "workspace"("host", "created_at", "id");

-- CreateIndex
CREATE INDEX "workspace_run_workspace_id_idx" ON "workspace_run"("workspace_id");

-- CreateIndex
CREATE INDEX "workspace_operation_workspace_id_requested_at_id_idx" ON "workspace_operation"("workspace_id", "requested_at", "id");

-- CreateIndex
CREATE INDEX "workspace_operation_requested_at_id_idx" ON "workspace_operation"("requested_at", "id");

-- CreateIndex
CREATE INDEX "workspace_key_workspace_id_idx" ON "workspace_key"("workspace_id");

-- AddForeignKey
ALTER TABLE "workspace_run" ADD CONSTRAINT "workspace_run_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_run" ADD CONSTRAINT "workspace_run_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_operation" ADD CONSTRAINT "workspace_operation_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_key" ADD CONSTRAINT "workspace_key_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The backstops of workspaces, as those of runs: what must be true even against a wrong program.

-- One directory of a machine is one workspace of a project, for as long as it is there.
CREATE UNIQUE INDEX "workspace_path" ON "workspace" ("project", "host", "path") WHERE "status" = 'READY';

-- One operation of a kind at a time; also how those in flight are found, who are few.
CREATE UNIQUE INDEX "workspace_operation_in_flight" ON "workspace_operation" ("workspace_id", "kind")
  WHERE "status" IN ('REQUESTED', 'STARTED');

ALTER TABLE "workspace"
  ADD CONSTRAINT "workspace_removed_at_tells_removed" CHECK (("status" = 'REMOVED') = ("removed_at" IS NOT NULL)),
  ADD CONSTRAINT "workspace_removed_shows_nothing" CHECK ("status" = 'READY' OR "preview_status" = 'STOPPED'),
  ADD CONSTRAINT "workspace_numbers_rise" CHECK ("revision" >= 1 AND "run_count" >= 0);

ALTER TABLE "workspace_operation"
  ADD CONSTRAINT "workspace_operation_ended_at_tells_ended" CHECK (("status" IN ('SUCCEEDED', 'FAILED')) = ("ended_at" IS NOT NULL)),
  ADD CONSTRAINT "workspace_operation_error_tells_failed" CHECK (("status" = 'FAILED') = ("error" IS NOT NULL)),
  ADD CONSTRAINT "workspace_operation_start_is_whole" CHECK (
    "attempt" >= 0
    AND ("attempt" > 0) = ("worker" IS NOT NULL)
    AND ("attempt" > 0) = ("started_at" IS NOT NULL)
    AND ("attempt" > 0) = ("deadline_at" IS NOT NULL)
    AND ("status" <> 'REQUESTED' OR "attempt" = 0)
    AND ("status" NOT IN ('STARTED', 'SUCCEEDED') OR "attempt" > 0)
  );

CREATE FUNCTION "guard_workspace"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."status" = 'REMOVED' AND NEW."status" <> 'REMOVED' THEN
    RAISE EXCEPTION 'workspace % is removed for good', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'workspace_removed_is_final';
  END IF;
  IF NEW."revision" <= OLD."revision" THEN
    RAISE EXCEPTION 'workspace % changed without a higher revision', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'workspace_change_raises_revision';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "guard_workspace" BEFORE UPDATE ON "workspace" FOR EACH ROW EXECUTE FUNCTION "guard_workspace"();

CREATE FUNCTION "guard_workspace_operation"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  probe "workspace_operation";
BEGIN
  -- of an operation that has ended only the patch may go, when a later one takes its place
  probe := NEW;
  probe."patch" := OLD."patch";
  IF OLD."ended_at" IS NOT NULL AND (probe IS DISTINCT FROM OLD OR NEW."patch" IS NOT NULL AND NEW."patch" IS DISTINCT FROM OLD."patch") THEN
    RAISE EXCEPTION 'operation % has ended', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'workspace_operation_end_is_final';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "guard_workspace_operation" BEFORE UPDATE ON "workspace_operation" FOR EACH ROW EXECUTE FUNCTION "guard_workspace_operation"();
