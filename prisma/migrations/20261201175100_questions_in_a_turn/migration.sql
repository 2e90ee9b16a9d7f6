-- Questions that an agent asks in the middle of its turn, with its process alive: for permission, and for an answer.
ALTER TYPE "approval_kind" ADD VALUE 'PERMISSION';
ALTER TYPE "approval_kind" ADD VALUE 'QUESTION';
ALTER TYPE "approval_status" ADD VALUE 'ALLOWED' BEFORE 'EXPIRED';
ALTER TYPE "approval_status" ADD VALUE 'ALLOWED_ALWAYS' BEFORE 'EXPIRED';
ALTER TYPE "approval_status" ADD VALUE 'DENIED' BEFORE 'EXPIRED';
ALTER TYPE "approval_status" ADD VALUE 'ANSWERED' BEFORE 'EXPIRED';
ALTER TYPE "approval_status" ADD VALUE 'DECLINED' BEFORE 'EXPIRED';
ALTER TYPE "expiry_policy" ADD VALUE 'CONTINUE';

ALTER TABLE "approval"
  ADD COLUMN "session_id" TEXT,
  ADD COLUMN "permission" JSONB,
  ADD COLUMN "answer_schema" JSONB,
  ADD COLUMN "answer" JSONB;

-- The kinds that the owner of the last claim announced: owners of earlier versions know none.
ALTER TABLE "run" ADD COLUMN "claim_kinds" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];
