-- CreateEnum
CREATE TYPE "session_status" AS ENUM ('CREATED', 'BOOTSTRAPPING', 'READY', 'BUSY', 'ARTIFACT_TIMEOUT', 'RESUMING', 'REBOOTSTRAPPED', 'WAITING_FOR_APPROVAL', 'CRASHED', 'FAILED_NEEDS_HUMAN', 'DISPOSED');

-- CreateEnum
CREATE TYPE "prompt_stage" AS ENUM ('SENDING', 'SENT');

-- CreateEnum
CREATE TYPE "approval_kind" AS ENUM ('REVIEW', 'RECOVERY');

-- CreateEnum
CREATE TYPE "approval_status" AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'RETRIED', 'ABORTED', 'EXPIRED', 'VOID');

-- CreateEnum
CREATE TYPE "expiry_policy" AS ENUM ('REJECT', 'EXPIRE_RUN', 'WAIT');

-- CreateEnum
CREATE TYPE "message_mode" AS ENUM ('STEER', 'FOLLOW_UP');

-- CreateEnum
CREATE TYPE "message_status" AS ENUM ('PENDING', 'DELIVERED', 'CONSUMED', 'UNDELIVERED');

-- AlterTable
ALTER TABLE "phase" ADD COLUMN     "rejections" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "cancel_reason" "run_reason",
ADD COLUMN     "parent_told" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "adapter" TEXT NOT NULL,
    "status" "session_status" NOT NULL,
    "fence" INTEGER NOT NULL,
    "recovery_attempts" INTEGER NOT NULL DEFAULT 0,
    "handle" JSONB,
    "last_prompt_key" TEXT,
    "last_prompt_stage" "prompt_stage",
    "last_prompt_at" TIMESTAMPTZ(3),
    "sent" JSONB NOT NULL DEFAULT '[]',
    "next_chunk" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunk" (
    "session_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chunk_pkey" PRIMARY KEY ("session_id","seq")
);

-- CreateTable
CREATE TABLE "artifact" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "phase_id" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "valid" BOOLEAN NOT NULL,
    "problems" JSONB NOT NULL DEFAULT '[]',
    "content" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "artifact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "approval" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "phase_id" TEXT,
    "attempt" INTEGER,
    "gate" TEXT NOT NULL,
    "kind" "approval_kind" NOT NULL,
    "status" "approval_status" NOT NULL,
    "question" TEXT NOT NULL,
    "payload" JSONB,
    "digest" TEXT NOT NULL,
    "artifact_sha256" TEXT,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "on_expiry" "expiry_policy" NOT NULL,
    "approvers" TEXT[],
    "allow_self_approval" BOOLEAN NOT NULL,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by" TEXT,
    "comment" TEXT,

    CONSTRAINT "approval_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "mode" "message_mode" NOT NULL,
    "status" "message_status" NOT NULL,
    "sent_by" TEXT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "session_run_id_idx" ON "session"("run_id");

-- CreateIndex
CREATE INDEX "artifact_run_id_created_at_id_idx" ON "artifact"("run_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "artifact_phase_id_attempt_path_sha256_key" ON "artifact"("phase_id", "attempt", "path", "sha256");

-- CreateIndex
CREATE INDEX "approval_run_id_requested_at_id_idx" ON "approval"("run_id", "requested_at", "id");

-- CreateIndex
CREATE INDEX "approval_status_requested_at_id_idx" ON "approval"("status", "requested_at", "id");

-- CreateIndex
CREATE INDEX "message_run_id_sent_at_id_idx" ON "message"("run_id", "sent_at", "id");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifact" ADD CONSTRAINT "artifact_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifact" ADD CONSTRAINT "artifact_phase_id_fkey" FOREIGN KEY ("phase_id") REFERENCES "phase"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval" ADD CONSTRAINT "approval_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval" ADD CONSTRAINT "approval_phase_id_fkey" FOREIGN KEY ("phase_id") REFERENCES "phase"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message" ADD CONSTRAINT "message_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Backstops of what hangs below a run.

-- One live session per run and role.
CREATE UNIQUE INDEX "session_live_role" ON "session" ("run_id", "role") WHERE "status" <> 'DISPOSED';

-- Children of a run, and settled children whose parent is still to be told.
CREATE INDEX "run_children" ON "run" ("parent_id", "created_at", "id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX "run_parent_untold" ON "run" ("id") WHERE "parent_id" IS NOT NULL AND "settled_at" IS NOT NULL AND NOT "parent_told";

ALTER TABLE "approval" ADD CONSTRAINT "approval_decided_at_tells_decided" CHECK (
  ("status" IN ('PENDING', 'VOID')) = ("decided_at" IS NULL) AND ("decided_at" IS NULL) = ("decided_by" IS NULL)
);
CREATE UNIQUE INDEX "approval_open" ON "approval" ("run_id") WHERE "status" = 'PENDING';
CREATE INDEX "message_on_its_way" ON "message" ("run_id") WHERE "status" IN ('PENDING', 'DELIVERED');
CREATE INDEX "session_live" ON "session" ("run_id") WHERE "status" <> 'DISPOSED';

CREATE OR REPLACE FUNCTION "guard_run"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  probe "run";
BEGIN
  -- what changes a status or adds to the log; facts after the end do neither
  IF NEW."status" <> OLD."status" OR NEW."revision" > OLD."revision" THEN
    IF OLD."status" IN ('COMPLETED', 'CANCELLED', 'EXPIRED') THEN
      RAISE EXCEPTION 'run % is % for good (G2)', OLD."id", OLD."status" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_final_is_final';
    END IF;
    IF OLD."settled_at" IS NOT NULL AND NEW."epoch" <= OLD."epoch" THEN
      RAISE EXCEPTION 'run % settled in epoch % (G2)', OLD."id", OLD."epoch" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_settled_is_a_wall';
    END IF;
  END IF;
  IF NEW."revision" <= OLD."revision" THEN
    probe := NEW;
    -- what may change without a revision: lease times, activity, the sweep's own reminder
    probe."lease_expires_at" := OLD."lease_expires_at";
    probe."last_activity_at" := OLD."last_activity_at";
    probe."due_at" := OLD."due_at";
    -- that the parent of a settled run was told is the parent's business
    IF OLD."settled_at" IS NOT NULL THEN
      probe."parent_told" := OLD."parent_told";
    END IF;
    -- on a settled run the claim ends without an event
    IF OLD."settled_at" IS NOT NULL AND NEW."lease_owner" IS NULL THEN
      probe."lease_owner" := OLD."lease_owner";
      probe."lease_seconds" := OLD."lease_seconds";
      probe."release_key" := OLD."release_key";
    END IF;
    IF probe IS DISTINCT FROM OLD THEN
      RAISE EXCEPTION 'run % changed without a higher revision (G6)', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_change_raises_revision';
    END IF;
  END IF;
  RETURN NEW;
END $$;
