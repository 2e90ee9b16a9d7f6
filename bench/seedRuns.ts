import type { BenchDatabase } from './benchCluster.ts'
import { BENCH_WORKFLOW, PROJECT } from './benchWorkflow.ts'
import { transact } from '../src/store/openStore.ts'

const TABLES = ['run', 'event', 'phase', 'phase_attempt']

/**
 * Fills a database with runs as a year of use would leave them: of a thousand, 996 have settled, two wait in PAUSED and
 * two are held under a long lease. Each has its phases, their attempts, and two events. Constraints, triggers and indexes
 * are off meanwhile; the indexes are made anew at the end.
 */
export async function seedRuns({ store, workflow }: BenchDatabase, count: number): Promise<void> {
  await transact(store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(`SET LOCAL maintenance_work_mem = '256MB'`)
    const { rows: indexes } = await connection.query<{ name: string; definition: string }>(FIND_INDEXES, [
      TABLES,
    ])
    for (const { name } of indexes) await connection.query(`DROP INDEX "${name}"`)
    await connection.query(SEED_RUNS, [count, workflow.id, PROJECT])
    await connection.query(SEED_EVENTS, [count])
    await connection.query(SEED_PHASES, [count, BENCH_WORKFLOW.phases.map(({ key }) => key)])
    await connection.query(SEED_ATTEMPTS)
    for (const { definition } of indexes) await connection.query(definition)
  })
  // the others stay as they are in use: empty, and not known to be
  await store.pool.query(`VACUUM (FREEZE, ANALYZE) ${TABLES.join(', ')}`)
  await store.pool.query('CHECKPOINT')
}

/** Indexes that no constraint stands on: those can be made again by their definition. */
const FIND_INDEXES = `
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) t)
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`

const SEED_RUNS = `
INSERT INTO run (id, project, workflow_id, title, status, reason, error, epoch, revision, round, first_round, current_phase,
  labels, fence, lease_owner, lease_seconds, lease_expires_at, created_by, created_at, epoch_at, status_at, started_at,
  settled_at, last_activity_at)
SELECT 'run_' || lpad(i::text, 26, '0'), $3, $2, 'Run ' || i, status::run_status,
  CASE status WHEN 'COMPLETED' THEN 'COMPLETED' WHEN 'FAILED' THEN 'REPORTED_FAILURE' END::run_reason,
  CASE status WHEN 'FAILED' THEN 'seeded' END, 1, 2, 1, 1, 'done', ARRAY['team-' || i % 50], 1,
  CASE status WHEN 'RUNNING' THEN 'seeded' END, CASE status WHEN 'RUNNING' THEN 3600 END,
  CASE status WHEN 'RUNNING' THEN now() + interval '1 day' END,
  'seeded', t, t, t + interval '1 minute', t, CASE WHEN status IN ('COMPLETED', 'FAILED') THEN t + interval '1 minute' END,
  t + interval '1 minute'
FROM (
  SELECT i, now() - make_interval(secs => 30.0 * 86400 * ($1 - i) / $1 + 60) AS t,
    CASE WHEN i % 500 = 0 THEN 'RUNNING' WHEN i % 500 = 1 THEN 'PAUSED' WHEN i % 50 = 2 THEN 'FAILED' ELSE 'COMPLETED' END AS status
  FROM generate_series(1, $1::int) i
) seeds`

const SEED_EVENTS = `
INSERT INTO event (run_id, seq, epoch, type, actor, at, payload, key_scope, operation, key, request)
SELECT 'run_' || lpad(i::text, 26, '0'), seq, 1, CASE seq WHEN 1 THEN 'run.created' ELSE 'run.completed' END, 'seeded',
  now() - interval '1 day', '{"seeded": true}', 'default', 'completeRun', CASE seq WHEN 2 THEN 'seeded-' || i END,
  CASE seq WHEN 2 THEN '{"fence": 1}'::jsonb END
FROM generate_series(1, $1::int) i, generate_series(1, 2) seq`

const SEED_PHASES = `
INSERT INTO phase (id, run_id, round, key, position, status, attempts, started_at, ended_at)
SELECT 'phs_' || lpad((i * 10 + position)::text, 26, '0'), 'run_' || lpad(i::text, 26, '0'), 1, key, position - 1,
  'COMPLETED', 1, now(), now()
FROM generate_series(1, $1::bigint) i, unnest($2::text[]) WITH ORDINALITY p(key, position)`

const SEED_ATTEMPTS = `
INSERT INTO phase_attempt (phase_id, attempt, run_id, epoch, status) SELECT id, 1, run_id, 1, status FROM phase`
