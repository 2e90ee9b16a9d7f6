-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING', 'COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "run_reason" AS ENUM ('COMPLETED', 'REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE', 'CANCELLED_BY_USER', 'OWNER_LOST', 'QUEUE_TIMEOUT', 'PHASE_TIMEOUT', 'RUN_TIMEOUT', 'IDLE_TIMEOUT', 'APPROVAL_REJECTED', 'APPROVAL_EXPIRED', 'STALE', 'CLOSED_BY_PARENT');

-- CreateEnum
CREATE TYPE "phase_status" AS ENUM ('PENDING', 'RUNNING', 'AWAITING_ARTIFACT', 'AWAITING_APPROVAL', 'COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED');

-- CreateEnum
CREATE TYPE "execution_end" AS ENUM ('EXITED', 'CANCELLED', 'CLOSED_BY_RUN', 'TIMED_OUT', 'IDLE', 'SUPERVISOR_LOST');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('VIEWER', 'OPERATOR', 'WORKER', 'AGENT', 'ADMIN');

-- CreateTable
CREATE TABLE "workflow" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workflow_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "title" TEXT,
    "status" "run_status" NOT NULL,
    "reason" "run_reason",
    "error" TEXT,
    "cancel_confirmed" BOOLEAN,
    "cascade" BOOLEAN NOT NULL DEFAULT true,
    "epoch" INTEGER NOT NULL DEFAULT 1,
    "revision" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "first_round" INTEGER NOT NULL,
    "completed_round" INTEGER NOT NULL DEFAULT 0,
    "round_complete" BOOLEAN NOT NULL DEFAULT false,
    "current_phase" TEXT NOT NULL,
    "concurrency_key" TEXT,
    "labels" TEXT[],
    "input" JSONB,
    "output" JSONB,
    "parent_id" TEXT,
    "continues_id" TEXT,
    "depth" INTEGER NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_seconds" INTEGER,
    "lease_expires_at" TIMESTAMPTZ(3),
    "release_key" TEXT,
    "resumes" INTEGER NOT NULL DEFAULT 0,
    "takeovers" INTEGER NOT NULL DEFAULT 0,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "epoch_at" TIMESTAMPTZ(3) NOT NULL,
    "status_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "last_activity_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3),

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "phase" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "status" "phase_status" NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "error" JSONB,

    CONSTRAINT "phase_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "phase_attempt" (
    "phase_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "run_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "status" "phase_status" NOT NULL,

    CONSTRAINT "phase_attempt_pkey" PRIMARY KEY ("phase_id","attempt")
);

-- CreateTable
CREATE TABLE "execution" (
    "id" TEXT NOT NULL,
    "run_id" TEXT,
    "phase_id" TEXT,
    "epoch" INTEGER,
    "attempt" INTEGER,
    "command" TEXT NOT NULL,
    "pid" INTEGER,
    "exit_code" INTEGER,
    "signal" TEXT,
    "end" "execution_end",
    "late" BOOLEAN NOT NULL DEFAULT false,
    "started_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "start_key" TEXT,
    "start_request" JSONB,
    "finish_key" TEXT,
    "finish_request" JSONB,

    CONSTRAINT "execution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "payload" JSONB NOT NULL,
    "key_scope" TEXT,
    "operation" TEXT,
    "key" TEXT,
    "request" JSONB,
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "event_pkey" PRIMARY KEY ("run_id","seq")
);

-- CreateTable
CREATE TABLE "tombstone" (
    "run_id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "workflow" TEXT NOT NULL,
    "labels" TEXT[],
    "revision" INTEGER NOT NULL,
    "deleted_by" TEXT NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL,
    "key" TEXT,
    "request" JSONB,
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "tombstone_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "token" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "role" NOT NULL,
    "projects" TEXT[],
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "installation" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "id" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "tick_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("only")
);

-- CreateIndex
CREATE UNIQUE INDEX "workflow_name_version_key" ON "workflow"("name", "version");

-- CreateIndex
CREATE INDEX "run_created_at_id_idx" ON "run"("created_at", "id");

-- CreateIndex
CREATE INDEX "run_settled_at_id_idx" ON "run"("settled_at", "id");

-- CreateIndex
CREATE INDEX "run_status_created_at_id_idx" ON "run"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "run_workflow_id_created_at_id_idx" ON "run"("workflow_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "run_project_created_at_id_idx" ON "run"("project", "created_at", "id");

-- CreateIndex
CREATE INDEX "run_labels_idx" ON "run" USING GIN ("labels");

-- CreateIndex
CREATE UNIQUE INDEX "phase_run_id_round_key_key" ON "phase"("run_id", "round", "key");

-- CreateIndex
CREATE INDEX "phase_attempt_run_id_idx" ON "phase_attempt"("run_id");

-- CreateIndex
CREATE INDEX "execution_run_id_started_at_idx" ON "execution"("run_id", "started_at");

-- CreateIndex
CREATE INDEX "execution_phase_id_idx" ON "execution"("phase_id");

-- CreateIndex
CREATE INDEX "execution_started_at_id_idx" ON "execution"("started_at", "id");

-- CreateIndex
CREATE INDEX "event_xid" ON "event"("xid");

-- CreateIndex
CREATE INDEX "tombstone_xid" ON "tombstone"("xid");

-- CreateIndex
CREATE UNIQUE INDEX "token_hash_key" ON "token"("hash");

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_workflow_id_fkey" FOREIGN KEY ("workflow_id") REFERENCES "workflow"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_revision_is_logged" FOREIGN KEY ("id", "revision") REFERENCES "event"("run_id", "seq") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "phase" ADD CONSTRAINT "phase_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "phase_attempt" ADD CONSTRAINT "phase_attempt_phase_id_fkey" FOREIGN KEY ("phase_id") REFERENCES "phase"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "phase_attempt" ADD CONSTRAINT "phase_attempt_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution" ADD CONSTRAINT "execution_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution" ADD CONSTRAINT "execution_phase_id_fkey" FOREIGN KEY ("phase_id") REFERENCES "phase"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;
