-- A workflow belongs to a project, or, where it names none, to the installation: what one project registers is no other's to
-- start. Those of before belong to the installation, which is what every project took them from.
ALTER TABLE "workflow" ADD COLUMN "project" TEXT;

-- Nulls are distinct to a unique index of PostgreSQL 14, so each of the two kinds has one of its own.
DROP INDEX "workflow_name_version_key";
CREATE UNIQUE INDEX "workflow_of_project" ON "workflow" ("name", "version", "project") WHERE "project" IS NOT NULL;
CREATE UNIQUE INDEX "workflow_of_installation" ON "workflow" ("name", "version") WHERE "project" IS NULL;
