-- The backstops: what the database refuses by itself, whatever code is connected to it. The rules live in
-- src/lifecycle; here stand only the promises that must hold even against a wrong program.

-- Every revision is logged (G6). Deferred, because the run and its events are written by one statement.
ALTER TABLE "run" ALTER CONSTRAINT "run_revision_is_logged" DEFERRABLE INITIALLY DEFERRED;

-- One run per project and concurrency key that is active or still has an owner on its row.
CREATE UNIQUE INDEX "run_concurrency_key" ON "run" ("project", "concurrency_key")
  WHERE "concurrency_key" IS NOT NULL AND ("settled_at" IS NULL OR "lease_owner" IS NOT NULL);

-- Settled runs that an owner still holds: few, and looked for by every sweep.
CREATE INDEX "run_held_after_settling" ON "run" ("id") WHERE "settled_at" IS NOT NULL AND "lease_owner" IS NOT NULL;

-- One accepted result per idempotency key (G7).
CREATE UNIQUE INDEX "event_idempotency_key" ON "event" ("key", "operation", "key_scope") WHERE "key" IS NOT NULL;
CREATE UNIQUE INDEX "tombstone_idempotency_key" ON "tombstone" ("key", "project") WHERE "key" IS NOT NULL;
CREATE UNIQUE INDEX "execution_start_key" ON "execution" ("start_key", "started_by") WHERE "start_key" IS NOT NULL;

-- Executions in flight are few among the many that ended.
CREATE INDEX "execution_in_flight" ON "execution" ("run_id") WHERE "end" IS NULL;

ALTER TABLE "run"
  ADD CONSTRAINT "run_settled_at_tells_settled"
    CHECK (("status" IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')) = ("settled_at" IS NOT NULL)),
  ADD CONSTRAINT "run_reason_tells_settled" CHECK (("settled_at" IS NULL) = ("reason" IS NULL)),
  ADD CONSTRAINT "run_completed_for_a_reason" CHECK (("status" = 'COMPLETED') = ("reason" IS NOT DISTINCT FROM 'COMPLETED')),
  ADD CONSTRAINT "run_confirmed_when_cancelled" CHECK (("status" = 'CANCELLED') = ("cancel_confirmed" IS NOT NULL)),
  ADD CONSTRAINT "run_running_has_an_owner" CHECK ("status" <> 'RUNNING' OR "lease_owner" IS NOT NULL),
  ADD CONSTRAINT "run_lease_is_whole" CHECK (
    ("lease_owner" IS NULL) = ("lease_seconds" IS NULL)
    AND ("lease_expires_at" IS NULL OR "lease_owner" IS NOT NULL)
    AND ("lease_owner" IS NULL OR ("lease_seconds" = 0) = ("lease_expires_at" IS NULL))
  ),
  ADD CONSTRAINT "run_numbers_rise" CHECK ("revision" >= 1 AND "epoch" >= 1 AND "round" >= 1 AND "fence" >= 0 AND "depth" BETWEEN 0 AND 5);

ALTER TABLE "execution" ADD CONSTRAINT "execution_ended_at_tells_ended" CHECK (("end" IS NULL) = ("ended_at" IS NULL));
ALTER TABLE "installation" ADD CONSTRAINT "installation_is_one" CHECK ("only");

CREATE FUNCTION "guard_run"() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER "guard_run" BEFORE UPDATE ON "run" FOR EACH ROW EXECUTE FUNCTION "guard_run"();

CREATE FUNCTION "guard_event"() RETURNS trigger LANGUAGE plpgsql AS $$
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
  RAISE EXCEPTION 'events are never changed (G6)' USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
CREATE TRIGGER "guard_event" BEFORE INSERT OR UPDATE OR DELETE ON "event" FOR EACH ROW EXECUTE FUNCTION "guard_event"();

CREATE FUNCTION "refuse_truncate"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only (G6)' USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
CREATE TRIGGER "refuse_truncate" BEFORE TRUNCATE ON "event" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_truncate"();

-- The installation's identity and the secret it signs with.
INSERT INTO "installation" ("only", "id", "secret")
VALUES (true, gen_random_uuid()::text, replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
