-- CreateTable
CREATE TABLE "usage" (
    "session_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "run_id" TEXT NOT NULL,
    "execution_id" TEXT,
    "phase_id" TEXT,
    "round" INTEGER,
    "model" TEXT,
    "provider" TEXT,
    "input_tokens" INTEGER,
    "cached_tokens" INTEGER,
    "output_tokens" INTEGER,
    "reasoning_tokens" INTEGER,
    "cost_micros" DOUBLE PRECISION,
    "currency" TEXT,
    "duration_ms" INTEGER,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_pkey" PRIMARY KEY ("session_id","key")
);

-- CreateIndex
CREATE INDEX "usage_run_id_idx" ON "usage"("run_id");

-- CreateIndex
CREATE INDEX "usage_phase_id_idx" ON "usage"("phase_id");

-- CreateIndex
CREATE INDEX "usage_execution_id_idx" ON "usage"("execution_id");

-- AddForeignKey
ALTER TABLE "usage" ADD CONSTRAINT "usage_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage" ADD CONSTRAINT "usage_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage" ADD CONSTRAINT "usage_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage" ADD CONSTRAINT "usage_phase_id_fkey" FOREIGN KEY ("phase_id") REFERENCES "phase"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- least() skips nulls: what was not told is no figure below zero.
ALTER TABLE "usage" ADD CONSTRAINT "usage_is_counted"
  CHECK (least("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_micros", "duration_ms", 0) >= 0);

-- What transcripts hold already. The process and the phase were not told then.
INSERT INTO "usage" ("session_id", "key", "seq", "run_id", "model", "provider", "input_tokens", "cached_tokens", "output_tokens",
  "reasoning_tokens", "cost_micros", "currency", "duration_ms", "at")
SELECT t.session_id, t.key, max(t.seq), t.run_id,
  (array_agg(t.u->>'model' ORDER BY t.seq DESC) FILTER (WHERE t.u->>'model' IS NOT NULL))[1],
  (array_agg(t.u->>'provider' ORDER BY t.seq DESC) FILTER (WHERE t.u->>'provider' IS NOT NULL))[1],
  (array_agg((t.u->>'inputTokens')::int ORDER BY t.seq DESC) FILTER (WHERE t.u->>'inputTokens' IS NOT NULL))[1],
  (array_agg((t.u->>'cachedTokens')::int ORDER BY t.seq DESC) FILTER (WHERE t.u->>'cachedTokens' IS NOT NULL))[1],
  (array_agg((t.u->>'outputTokens')::int ORDER BY t.seq DESC) FILTER (WHERE t.u->>'outputTokens' IS NOT NULL))[1],
  (array_agg((t.u->>'reasoningTokens')::int ORDER BY t.seq DESC) FILTER (WHERE t.u->>'reasoningTokens' IS NOT NULL))[1],
  (array_agg((t.u->>'costMicros')::double precision ORDER BY t.seq DESC) FILTER (WHERE t.u->>'costMicros' IS NOT NULL))[1],
  (array_agg(t.u->>'currency' ORDER BY t.seq DESC) FILTER (WHERE t.u->>'currency' IS NOT NULL))[1],
  (array_agg((t.u->>'durationMs')::int ORDER BY t.seq DESC) FILTER (WHERE t.u->>'durationMs' IS NOT NULL))[1],
  max(t.at)
FROM (
  SELECT e.session_id, s.run_id, e.seq, e.at, e.data->'usage' AS u,
    coalesce('@' || coalesce(e.updates, e.key), '#' || e.seq) AS key
  FROM "entry" e JOIN "session" s ON s.id = e.session_id WHERE e.kind = 'USAGE'
) t
GROUP BY t.session_id, t.run_id, t.key;
