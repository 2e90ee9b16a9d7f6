-- Prisma's lists are never null, and every program writes them: the database holds it too.
UPDATE "approval" SET "approvers" = '{}' WHERE "approvers" IS NULL;
UPDATE "token" SET "projects" = '{}' WHERE "projects" IS NULL;
UPDATE "tombstone" SET "labels" = '{}' WHERE "labels" IS NULL;
ALTER TABLE "run" ALTER COLUMN "labels" SET NOT NULL, ALTER COLUMN "claimants" SET NOT NULL;
ALTER TABLE "approval" ALTER COLUMN "approvers" SET NOT NULL;
ALTER TABLE "token" ALTER COLUMN "projects" SET NOT NULL;
ALTER TABLE "tombstone" ALTER COLUMN "labels" SET NOT NULL;
