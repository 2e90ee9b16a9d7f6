-- A released run may wait until a moment before which nobody claims it; what it waits for is shown meanwhile.
ALTER TABLE "run"
  ADD COLUMN "not_before" TIMESTAMPTZ(3),
  ADD COLUMN "waits_for" TEXT,
  -- Since when the queue limit counts, where that is not since the run became QUEUED.
  ADD COLUMN "queued_from" TIMESTAMPTZ(3),
  -- How long the run was not RUNNING since its phase was started, in milliseconds. Absences that earlier versions logged count 0.
  ADD COLUMN "away_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
  ADD CONSTRAINT "run_waits_before_its_claim" CHECK ("not_before" IS NULL OR "status" IN ('QUEUED', 'PAUSED')),
  ADD CONSTRAINT "run_away_is_no_debt" CHECK ("away_ms" >= 0);
