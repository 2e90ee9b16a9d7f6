-- What holds of questions in the middle of a turn, whatever program is connected: one is open per run by "approval_open".
ALTER TABLE "approval"
  ADD CONSTRAINT "approval_permission_tells_kind" CHECK (("kind" = 'PERMISSION') = ("permission" IS NOT NULL)),
  ADD CONSTRAINT "approval_schema_tells_kind" CHECK (("kind" = 'QUESTION') = ("answer_schema" IS NOT NULL)),
  ADD CONSTRAINT "approval_answer_tells_answered" CHECK (("status" = 'ANSWERED') = ("answer" IS NOT NULL)),
  ADD CONSTRAINT "approval_in_turn_continues" CHECK (("kind" IN ('PERMISSION', 'QUESTION')) = ("on_expiry" = 'CONTINUE')),
  ADD CONSTRAINT "approval_in_turn_expires" CHECK ("kind" NOT IN ('PERMISSION', 'QUESTION') OR "expires_at" IS NOT NULL),
  ADD CONSTRAINT "approval_session_asks_in_turn" CHECK ("session_id" IS NULL OR "kind" IN ('PERMISSION', 'QUESTION')),
  ADD CONSTRAINT "approval_status_fits_kind" CHECK (
    CASE "status"
      WHEN 'APPROVED' THEN "kind" = 'REVIEW'
      WHEN 'REJECTED' THEN "kind" = 'REVIEW'
      WHEN 'RETRIED' THEN "kind" = 'RECOVERY'
      WHEN 'ABORTED' THEN "kind" = 'RECOVERY'
      WHEN 'ALLOWED' THEN "kind" = 'PERMISSION'
      WHEN 'ALLOWED_ALWAYS' THEN "kind" = 'PERMISSION' AND "session_id" IS NOT NULL
      WHEN 'DENIED' THEN "kind" = 'PERMISSION'
      WHEN 'ANSWERED' THEN "kind" = 'QUESTION'
      WHEN 'DECLINED' THEN "kind" = 'QUESTION'
      ELSE true
    END
  );

ALTER TABLE "run" ADD CONSTRAINT "run_claim_kinds_are_known" CHECK ("claim_kinds" <@ ARRAY['PERMISSION', 'QUESTION']);

-- A lasting permission is looked up with every decision about its run.
CREATE INDEX "approval_allowed_always" ON "approval" ("run_id") WHERE "status" = 'ALLOWED_ALWAYS';

-- Only the agent of an owner asks in the middle of a turn, so the run of an open question has one, and waits. Deferred,
-- because a run and its approvals are written by one statement.
CREATE FUNCTION "guard_question_in_turn"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM "approval" v JOIN "run" r ON r."id" = v."run_id"
    WHERE v."id" = NEW."id" AND v."status" = 'PENDING'
      AND (r."status" <> 'AWAITING_APPROVAL' OR r."lease_expires_at" IS NULL)
  ) THEN
    RAISE EXCEPTION 'approval % is asked in the turn of no owner', NEW."id" USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_in_turn_has_an_owner';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "guard_question_in_turn" AFTER INSERT OR UPDATE ON "approval" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."kind" IN ('PERMISSION', 'QUESTION')) EXECUTE FUNCTION "guard_question_in_turn"();
