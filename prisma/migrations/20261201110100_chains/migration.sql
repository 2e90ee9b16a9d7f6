-- One run of a chain at a time: a run and those that continue it, one after the other, work in the same workspace.

-- The id of the first run of the chain, kept when that one is deleted.
ALTER TABLE "run" ADD COLUMN "chain_id" TEXT;

-- Runs of earlier versions get their chains, which is no change of theirs that a log could tell of.
ALTER TABLE "run" DISABLE TRIGGER "guard_run";
UPDATE "run" SET "chain_id" = "id" WHERE "continues_id" IS NULL;

-- One run of a chain that is active or still has an owner on its row.
CREATE UNIQUE INDEX "run_chain" ON "run" ("chain_id") WHERE "settled_at" IS NULL OR "lease_owner" IS NOT NULL;

-- A run is continued once; also how its continuation is found.
CREATE UNIQUE INDEX "run_continued_once" ON "run" ("continues_id", "chain_id") WHERE "continues_id" IS NOT NULL;

-- A run that was continued more than once, or worked on beside its continuation, forks: a chain goes on with the first, and
-- each of the others begins a chain of its own.
DO $$
DECLARE
  next RECORD;
  origin TEXT;
  is_known BOOLEAN;
  assigned INTEGER;
BEGIN
  LOOP
    assigned := 0;
    FOR next IN
      SELECT "id", "continues_id", "settled_at" IS NULL OR "lease_owner" IS NOT NULL AS "is_at_work" FROM "run"
      WHERE "continues_id" IS NOT NULL AND "chain_id" IS NULL ORDER BY "created_at", "id"
    LOOP
      SELECT "chain_id", "chain_id" IS NOT NULL INTO origin, is_known FROM "run" WHERE "id" = next."continues_id";
      -- the run before was deleted
      IF NOT FOUND THEN
        origin := next."continues_id";
      ELSIF NOT is_known THEN
        CONTINUE;
      END IF;
      IF EXISTS (SELECT FROM "run" c WHERE c."continues_id" = next."continues_id" AND c."chain_id" = origin)
        OR next."is_at_work" AND EXISTS (
          SELECT FROM "run" c WHERE c."chain_id" = origin AND (c."settled_at" IS NULL OR c."lease_owner" IS NOT NULL)
        )
      THEN
        origin := next."id";
      END IF;
      UPDATE "run" SET "chain_id" = origin WHERE "id" = next."id";
      assigned := assigned + 1;
    END LOOP;
    EXIT WHEN assigned = 0;
  END LOOP;
END $$;
UPDATE "run" SET "chain_id" = "id" WHERE "chain_id" IS NULL;
ALTER TABLE "run" ENABLE TRIGGER "guard_run";
ALTER TABLE "run" ALTER COLUMN "chain_id" SET NOT NULL;

-- A run that was continued is over, and stays for as long as its continuation does. The row is locked when this looks, and a start
-- locks it too: who comes second sees what the first has done.
CREATE FUNCTION "guard_chain"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "run" WHERE "continues_id" = OLD."id") THEN
    RAISE EXCEPTION 'run % is continued by another', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_continued_is_over';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "guard_chain_reopened" BEFORE UPDATE ON "run" FOR EACH ROW
  WHEN (OLD."settled_at" IS NOT NULL AND NEW."settled_at" IS NULL) EXECUTE FUNCTION "guard_chain"();
CREATE TRIGGER "guard_chain_deleted" BEFORE DELETE ON "run" FOR EACH ROW EXECUTE FUNCTION "guard_chain"();
