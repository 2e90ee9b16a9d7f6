-- A transcript is a sequence of typed entries. What was kept before is text of agents of which no more is known: output.
CREATE TYPE "entry_kind" AS ENUM ('MESSAGE', 'THOUGHT', 'TOOL_CALL', 'DIFF', 'PLAN', 'PERMISSION', 'USAGE', 'ERROR', 'OUTPUT');

ALTER TABLE "session" RENAME COLUMN "next_chunk" TO "next_entry";
ALTER TABLE "chunk" RENAME TO "entry";
ALTER TABLE "entry" RENAME CONSTRAINT "chunk_pkey" TO "entry_pkey";
ALTER TABLE "entry" RENAME CONSTRAINT "chunk_session_id_fkey" TO "entry_session_id_fkey";
ALTER TABLE "entry"
  ADD COLUMN "kind" "entry_kind" NOT NULL DEFAULT 'OUTPUT',
  ADD COLUMN "key" TEXT,
  ADD COLUMN "updates" TEXT,
  ADD COLUMN "title" TEXT,
  ADD COLUMN "data" JSONB NOT NULL DEFAULT '{}',
  ALTER COLUMN "text" DROP NOT NULL;
ALTER TABLE "entry" ALTER COLUMN "kind" DROP DEFAULT;

CREATE FUNCTION "refuse_entry_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'entries of a transcript are never changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_append_only';
END $$;
CREATE TRIGGER "refuse_entry_update" BEFORE UPDATE ON "entry" FOR EACH ROW EXECUTE FUNCTION "refuse_entry_update"();
