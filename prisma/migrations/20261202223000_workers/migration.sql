-- Who works: processes that claim runs announce themselves now and then, and are forgotten a day after the last time.
CREATE TYPE "worker_state" AS ENUM ('READY', 'NOT_READY', 'STOPPING', 'STOPPED');

CREATE TABLE "worker" (
    "id" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "program" TEXT,
    "state" "worker_state" NOT NULL,
    "problem" TEXT,
    "concurrency" INTEGER NOT NULL,
    "workflows" TEXT[] NOT NULL,
    "labels" TEXT[] NOT NULL,
    "projects" TEXT[] NOT NULL,
    "agents" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "heard_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "worker_principal_id_instance_key" ON "worker"("principal_id", "instance");
CREATE INDEX "worker_created_at_id_idx" ON "worker"("created_at", "id");
CREATE INDEX "worker_heard_at_idx" ON "worker"("heard_at");
