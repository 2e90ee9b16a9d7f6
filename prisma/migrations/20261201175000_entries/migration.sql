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

-- Text is found by its groups of three letters, as that of titles is; where the extension can't be had, a search reads every entry.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "entry_text" ON "entry" USING gin (lower(coalesce("title", '') || E'\n' || coalesce("text", '')) gin_trgm_ops)
    WITH (gin_pending_list_limit = 4096);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN
  RAISE NOTICE 'searching transcripts will be slow: the extension pg_trgm can''t be had (%)', SQLERRM;
END $$;
