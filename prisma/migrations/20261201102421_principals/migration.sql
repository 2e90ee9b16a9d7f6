-- Who acts is a principal, and a token belongs to one. What was logged before names its actor only: there the id stays null.
CREATE TABLE "principal" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "principal_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "principal_name_key" ON "principal"("name");

-- The server itself, and whoever holds the token of its data directory.
INSERT INTO "principal" ("id", "name") VALUES ('system', 'system'), ('local', 'local');

ALTER TABLE "token" ADD COLUMN "principal_id" TEXT;
UPDATE "token" SET "principal_id" = 'local'
WHERE "name" = 'local' AND "role" = 'ADMIN' AND cardinality("projects") = 0 AND "expires_at" IS NULL;

-- Of tokens with one name the oldest that is still good keeps it; the others, and those with a name of the server's own, are
-- principals of their own, told apart by the id of the token.
WITH placed AS (
  SELECT "id", "name", "created_at",
    row_number() OVER (PARTITION BY "name"
      ORDER BY "revoked_at" IS NOT NULL, coalesce("expires_at" <= clock_timestamp(), false), "created_at", "id") AS place
  FROM "token" WHERE "principal_id" IS NULL
)
INSERT INTO "principal" ("id", "name", "created_at")
SELECT 'prn_' || regexp_replace("id", '^tok_', ''),
  CASE WHEN place = 1 AND lower("name") NOT IN ('system', 'local') AND lower("name") NOT LIKE 'agent#%'
    THEN "name" ELSE "name" || ' (' || "id" || ')' END,
  "created_at"
FROM placed;
UPDATE "token" SET "principal_id" = 'prn_' || regexp_replace("id", '^tok_', '') WHERE "principal_id" IS NULL;

ALTER TABLE "token" ALTER COLUMN "principal_id" SET NOT NULL, DROP COLUMN "name";
CREATE INDEX "token_principal_id_idx" ON "token"("principal_id");
ALTER TABLE "token" ADD CONSTRAINT "token_principal_id_fkey" FOREIGN KEY ("principal_id") REFERENCES "principal"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "event" ADD COLUMN "actor_id" TEXT;
ALTER TABLE "run" ADD COLUMN "created_by_id" TEXT,
ADD COLUMN "claimed_by" TEXT,
ADD COLUMN "claimed_by_id" TEXT,
ADD COLUMN "claimants" TEXT[] DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "approval" ADD COLUMN "requested_by_id" TEXT,
ADD COLUMN "decided_by_id" TEXT;
ALTER TABLE "message" ADD COLUMN "sent_by_id" TEXT;
ALTER TABLE "tombstone" ADD COLUMN "deleted_by_id" TEXT;
ALTER TABLE "workspace_operation" ADD COLUMN "requested_by_id" TEXT;

-- Executions of no run are in no log: they belong to the principal that has the name now.
ALTER TABLE "execution" ADD COLUMN "started_by_id" TEXT;
UPDATE "execution" x SET "started_by_id" = p."id" FROM "principal" p WHERE x."run_id" IS NULL AND p."name" = x."started_by";
DROP INDEX "execution_start_key";
CREATE UNIQUE INDEX "execution_start_key" ON "execution" ("start_key", "started_by_id") WHERE "start_key" IS NOT NULL;
DROP INDEX "execution_of_no_run";
CREATE INDEX "execution_of_no_run" ON "execution" ("started_by_id", "started_at", "id") WHERE "run_id" IS NULL;
