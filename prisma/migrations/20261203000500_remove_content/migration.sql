-- The content of runs that settled long ago can be removed; their rows and their logs stay.
ALTER TABLE "run"
  ADD COLUMN "content_removed_at" TIMESTAMPTZ(3),
  ADD COLUMN "content_removed_by" TEXT,
  ADD COLUMN "content_removed_by_id" TEXT,
  ADD CONSTRAINT "run_content_removed_when_settled" CHECK ("content_removed_at" IS NULL OR "settled_at" IS NOT NULL),
  ADD CONSTRAINT "run_content_removed_by_somebody" CHECK (("content_removed_at" IS NULL) = ("content_removed_by" IS NULL));
ALTER TABLE "event" ADD COLUMN "payload_sha256" TEXT;

-- Settled runs whose content is still there, by project and age: those that are due are found at its beginning, however many are not.
CREATE INDEX "run_with_content" ON "run" ("project", "settled_at", "id") WHERE "settled_at" IS NOT NULL AND "content_removed_at" IS NULL;

CREATE OR REPLACE FUNCTION "guard_run"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  probe "run";
BEGIN
  -- what changes a status or adds to the log; facts after the end do neither
  IF NEW."status" <> OLD."status" OR NEW."revision" > OLD."revision" THEN
    IF OLD."status" IN ('COMPLETED', 'CANCELLED', 'EXPIRED') THEN
      RAISE EXCEPTION 'run % is % for good (G2)', OLD."id", OLD."status" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_final_is_final';
    END IF;
    IF OLD."content_removed_at" IS NOT NULL THEN
      RAISE EXCEPTION 'the content of run % was removed: nothing follows', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_without_content_is_over';
    END IF;
    IF OLD."settled_at" IS NOT NULL AND NEW."epoch" <= OLD."epoch" THEN
      RAISE EXCEPTION 'run % settled in epoch % (G2)', OLD."id", OLD."epoch" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_settled_is_a_wall';
    END IF;
  END IF;
  IF NEW."revision" <= OLD."revision" THEN
    probe := NEW;
    -- what may change without a revision: lease times, the end of a grace, activity, the sweep's own reminder
    probe."lease_expires_at" := OLD."lease_expires_at";
    probe."grace_ends_at" := OLD."grace_ends_at";
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
    -- its content is removed once, long after it settled
    IF OLD."settled_at" IS NOT NULL AND OLD."content_removed_at" IS NULL AND NEW."content_removed_at" IS NOT NULL THEN
      probe."input" := OLD."input";
      probe."output" := OLD."output";
      probe."error" := OLD."error";
      probe."waits_for" := OLD."waits_for";
      probe."content_removed_at" := OLD."content_removed_at";
      probe."content_removed_by" := OLD."content_removed_by";
      probe."content_removed_by_id" := OLD."content_removed_by_id";
    END IF;
    IF probe IS DISTINCT FROM OLD THEN
      RAISE EXCEPTION 'run % changed without a higher revision (G6)', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_change_raises_revision';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- Events are never changed, but for the content of a run that is removed, once: what its payloads were stays as their hashes.
CREATE OR REPLACE FUNCTION "guard_event"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  probe "event";
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW."seq" <> 1 AND NOT EXISTS (SELECT FROM "event" WHERE "run_id" = NEW."run_id" AND "seq" = NEW."seq" - 1) THEN
      RAISE EXCEPTION 'event % of run % follows nothing (G6)', NEW."seq", NEW."run_id" USING ERRCODE = 'check_violation', CONSTRAINT = 'event_follows_another';
    END IF;
    RETURN NEW;
  END IF;
  -- events go only with their run
  IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM "run" WHERE "id" = OLD."run_id") THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD."payload_sha256" IS NULL AND NEW."payload_sha256" IS NOT NULL THEN
    probe := NEW;
    probe."payload" := OLD."payload";
    probe."request" := OLD."request";
    probe."payload_sha256" := OLD."payload_sha256";
    IF probe IS NOT DISTINCT FROM OLD
      AND EXISTS (SELECT FROM "run" WHERE "id" = OLD."run_id" AND "content_removed_at" IS NOT NULL)
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'events are never changed (G6)' USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
