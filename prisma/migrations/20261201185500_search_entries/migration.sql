-- Text is found by its groups of three letters, as that of titles is; where the extension can't be had, a search reads every entry. Output of
-- programs comes in masses, and indexing it costs many times the append itself, while the run is held: it is searched within a run or a
-- session only, which needs no index.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "entry_text" ON "entry" USING gin (lower(coalesce("title", '') || E'\n' || coalesce("text", '')) gin_trgm_ops)
    WITH (gin_pending_list_limit = 512) WHERE "kind" <> 'OUTPUT';
EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN
  RAISE NOTICE 'searching transcripts will be slow: the extension pg_trgm can''t be had (%)', SQLERRM;
END $$;
