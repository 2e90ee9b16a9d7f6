-- A token and a workflow keep the idempotency key of the request that made them.
ALTER TABLE "token" ADD COLUMN "key_scope" TEXT, ADD COLUMN "operation" TEXT, ADD COLUMN "key" TEXT, ADD COLUMN "request" JSONB;
CREATE UNIQUE INDEX "token_idempotency_key" ON "token" ("key", "operation", "key_scope") WHERE "key" IS NOT NULL;
ALTER TABLE "workflow" ADD COLUMN "key_scope" TEXT, ADD COLUMN "key" TEXT, ADD COLUMN "request" JSONB;
CREATE UNIQUE INDEX "workflow_idempotency_key" ON "workflow" ("key", "key_scope") WHERE "key" IS NOT NULL;
