-- A child is attached to its parent, or detached; a parent may wait for its children in the queue.
ALTER TABLE "run" ADD COLUMN "detached" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "awaits_children" BOOLEAN NOT NULL DEFAULT false;

-- A cancel is bounded by its grace. One that is under way has that of the server's settings.
ALTER TABLE "run" ADD COLUMN "grace_seconds" DOUBLE PRECISION,
ADD COLUMN "grace_ends_at" TIMESTAMPTZ(3);

-- Active children of a run: few among the many that ended.
CREATE INDEX "run_active_children" ON "run" ("parent_id", "id") WHERE "parent_id" IS NOT NULL AND "settled_at" IS NULL;

ALTER TABLE "run"
  ADD CONSTRAINT "run_detached_has_a_parent" CHECK (NOT "detached" OR "parent_id" IS NOT NULL),
  ADD CONSTRAINT "run_awaits_children_unheld" CHECK (NOT "awaits_children" OR "status" IN ('QUEUED', 'PAUSED')),
  ADD CONSTRAINT "run_grace_is_whole" CHECK (
    ("grace_seconds" IS NULL) = ("grace_ends_at" IS NULL) AND ("grace_ends_at" IS NULL OR "status" = 'CANCELLING')
  );

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
    IF probe IS DISTINCT FROM OLD THEN
      RAISE EXCEPTION 'run % changed without a higher revision (G6)', OLD."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'run_change_raises_revision';
    END IF;
  END IF;
  RETURN NEW;
END $$;
