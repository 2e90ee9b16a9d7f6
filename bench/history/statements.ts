import { ACTIVE_RUNS, COMMON_LABEL, IDLE_PROJECT, LONG_LOG, RARE_LABEL, RARE_WORD } from './shape.ts'

/** Indexes without a constraint: they can be created again from their definitions. */
export const FIND_INDEXES = `
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) t)
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`

/** Consumes transaction ids without writing. */
export const BURN_TRANSACTIONS = (count: bigint): string => `
DO $$ BEGIN FOR i IN 1..${count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`

/** Options of the seed statements. */
export interface SeedOptions {
  readonly runs: number
  readonly projects: readonly (readonly [name: string, percent: number])[]
  readonly firstTransaction: bigint
  readonly eventsPerTransaction: number
}

/** SQL for an id with this prefix from a number; greater numbers sort later. */
const idOf = (prefix: string, number: string) => `'${prefix}_' || lpad((${number})::text, 26, '0')`
const RUN_ID = idOf('run', 's.i')
const text = (value: string) => `'${value.replaceAll("'", "''")}'`

/** The statements that fill the tables, in order. */
export function SEED(options: SeedOptions): string[] {
  return [
    ...seedPlan(options),
    SEED_RUNS,
    seedEvents(options),
    SEED_PHASES,
    SEED_ATTEMPTS,
    SEED_EXECUTIONS,
    SEED_SESSIONS,
    SEED_ARTIFACTS,
    SEED_APPROVALS,
    SEED_MESSAGES,
    seedTombstones(options),
  ]
}

/** A year of runs as a table of numbers, from which the rows are made. */
function seedPlan({ runs, projects }: SeedOptions): string[] {
  const active = Math.min(ACTIVE_RUNS, Math.floor(runs / 5))
  let below = 0
  const project = projects
    .map(([name, percent]) => `WHEN i * 37 % 100 < ${(below += percent)} THEN ${text(name)}`)
    .join(' ')
  // every second one of the newest runs is active, and a few old ones
  const isActive = `((${runs} - i < ${2 * active} AND (${runs} - i) % 2 = 0) OR i % ${Math.floor(runs / 20)} = 7)`
  return [
    `CREATE TEMP TABLE seed ON COMMIT DROP AS
SELECT *, clock_timestamp() - make_interval(secs => 365.0 * 86400 * (${runs} - i) / ${runs} + 60) AS t,
  CASE WHEN is_active AND project <> '${IDLE_PROJECT}' THEN
      CASE WHEN i = ${runs} THEN 'RUNNING' WHEN i % ${Math.floor(runs / 20)} = 7 THEN 'PAUSED'
        ELSE (ARRAY['QUEUED', 'QUEUED', 'QUEUED', 'RUNNING', 'RUNNING', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED'])[1 + i / 2 % 8] END
    WHEN is_active THEN 'PAUSED'
    WHEN i % 1000 = 3 THEN 'EXPIRED' WHEN i % 25 IN (4, 8) THEN 'CANCELLED' WHEN i % 25 IN (11, 12, 13) THEN 'FAILED'
    ELSE 'COMPLETED' END AS status
FROM (
  SELECT i, ${isActive} AS is_active, CASE ${project} END AS project, 6 + i % 9 + CASE i WHEN ${runs} THEN ${LONG_LOG} ELSE 0 END AS events,
    CASE WHEN i % 20 < 9 THEN 'delivery' WHEN i % 20 < 17 THEN 'bench' WHEN i % 20 < 19 THEN 'review' ELSE 'map' END AS workflow
  FROM generate_series(1, ${runs}) i
) s`,
    `CREATE TEMP TABLE seed_phase ON COMMIT DROP AS
SELECT w.id AS workflow_id, w.name AS workflow, p.phase->>'key' AS key, (p.place - 1)::int AS position
FROM workflow w, jsonb_array_elements(w.definition->'phases') WITH ORDINALITY p(phase, place)
WHERE w.name IN ('bench', 'review', 'map', 'delivery')`,
    'ANALYZE seed, seed_phase',
  ]
}

const isSettled = `s.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')`
const isHeld = `s.status IN ('RUNNING', 'AWAITING_APPROVAL')`

const SEED_RUNS = `
INSERT INTO run (id, chain_id, project, workflow_id, title, status, reason, error, cancel_confirmed, epoch, revision, round, first_round,
  current_phase, concurrency_key, labels, input, parent_id, depth, parent_told, fence, lease_owner, lease_seconds,
  lease_expires_at, created_by, created_at, epoch_at, status_at, started_at, settled_at, last_activity_at, due_at)
SELECT ${RUN_ID}, ${RUN_ID}, s.project, w.workflow_id,
  CASE WHEN s.i % 100 = 99 THEN NULL ELSE
    (ARRAY['Fix', 'Add', 'Remove', 'Review', 'Rewrite', 'Test', 'Measure', 'Document'])[1 + s.i / 3 % 8] || ' the '
    || (ARRAY['login', 'checkout', 'search', 'settings', 'billing', 'profile', 'report', 'import'])[1 + s.i / 7 % 8] || ' '
    || (ARRAY['page', 'service', 'job', 'button', 'query'])[1 + s.i / 11 % 5] || ', ticket ' || s.i / 13 % 2000 || '.'
    || CASE WHEN s.i % (s.many / 100) = 5 THEN ' ${RARE_WORD}' ELSE '' END END,
  s.status::run_status,
  CASE s.status WHEN 'COMPLETED' THEN 'COMPLETED' WHEN 'CANCELLED' THEN 'CANCELLED_BY_USER' WHEN 'EXPIRED' THEN 'STALE'
    WHEN 'FAILED' THEN CASE WHEN s.i % 25 = 11 THEN 'INCOMPLETE' WHEN s.i % 25 = 12 THEN 'OWNER_LOST' ELSE 'REPORTED_FAILURE' END
  END::run_reason,
  CASE s.status WHEN 'FAILED' THEN 'the tests did not pass' END, CASE s.status WHEN 'CANCELLED' THEN true END,
  1, s.events, 1, 1,
  CASE s.status WHEN 'COMPLETED' THEN w.last ELSE w.first END, CASE WHEN s.i % 3 = 0 THEN 'card-' || s.i END,
  ARRAY['team-' || s.i % 50, 'repo-' || s.i / 17 % 2000] || CASE WHEN s.i % 20 = 1 THEN ARRAY['${COMMON_LABEL}'] ELSE '{}' END
    || CASE WHEN s.i % (s.many / 100) = 9 THEN ARRAY['${RARE_LABEL}'] ELSE '{}' END,
  jsonb_build_object('ticket', s.i, 'branch', 'topic/' || s.i),
  CASE WHEN s.i % 20 = 19 AND ${isSettled} THEN ${idOf('run', 's.i - 1')} END,
  CASE WHEN s.i % 20 = 19 AND ${isSettled} THEN 1 ELSE 0 END, ${isSettled} AND s.i % 20 = 19,
  CASE s.status WHEN 'QUEUED' THEN 0 ELSE 1 END, CASE WHEN ${isHeld} THEN 'worker-' || s.i % 40 END,
  CASE WHEN ${isHeld} THEN 3600 END, CASE WHEN ${isHeld} THEN clock_timestamp() + interval '1 day' END,
  'person-' || s.i % 30, s.t, s.t, s.t + interval '40 seconds', CASE s.status WHEN 'QUEUED' THEN NULL ELSE s.t + interval '5 seconds' END,
  CASE WHEN ${isSettled} THEN s.t + interval '40 seconds' END,
  CASE WHEN ${isSettled} THEN s.t + interval '40 seconds' ELSE clock_timestamp() - make_interval(secs => s.i % 3600) END,
  CASE WHEN s.status IN ('QUEUED', 'PAUSED', 'AWAITING_APPROVAL') THEN clock_timestamp() + make_interval(secs => 518400 + s.i % 86400) END
FROM (SELECT *, max(i) OVER () AS many FROM seed) s
JOIN (
  SELECT workflow, workflow_id, (array_agg(key ORDER BY position))[1] AS first, (array_agg(key ORDER BY position DESC))[1] AS last
  FROM seed_phase GROUP BY 1, 2
) w USING (workflow)
ORDER BY s.i`

/** Logs of 6 to 14 events with the payload of a phase attempt; every second one has an idempotency key. */
const seedEvents = ({ firstTransaction, eventsPerTransaction, runs }: SeedOptions): string => `
INSERT INTO event (run_id, seq, epoch, type, actor, at, payload, key_scope, operation, key, request, xid)
SELECT ${RUN_ID}, seq, 1, 'phase.started', 'person-' || s.i % 30, s.t + make_interval(secs => seq),
  jsonb_build_object('id', ${idOf('phs', 's.i * 10')}, 'phase', 'plan', 'round', 1, 'attempt', 1, 'from', NULL, 'repair', false, 'because', NULL),
  k.scope, k.operation, CASE seq % 2 WHEN 0 THEN md5(s.i || '-' || seq)::uuid::text END, k.request,
  least(${firstTransaction} + s.i::bigint * 10 / ${eventsPerTransaction} - 1, ${firstTransaction} + ${runs} - 1)::text::xid8
FROM seed s
CROSS JOIN LATERAL generate_series(1, s.events) seq
LEFT JOIN LATERAL (
  SELECT s.project AS scope, 'startPhase' AS operation, jsonb_build_object('runId', ${RUN_ID}, 'phase', 'plan', 'fence', 1) AS request
) k ON seq % 2 = 0
ORDER BY s.i, seq`

const SEED_PHASES = `
INSERT INTO phase (id, run_id, round, key, position, status, attempts, started_at, ended_at)
SELECT ${idOf('phs', 's.i::bigint * 10 + p.position')}, ${RUN_ID}, 1, p.key, p.position,
  (CASE WHEN s.status = 'COMPLETED' THEN 'COMPLETED'
    WHEN p.position > 0 THEN 'PENDING' WHEN ${isSettled} THEN 'CANCELLED' WHEN s.status = 'AWAITING_APPROVAL' THEN 'AWAITING_APPROVAL'
    WHEN s.status = 'QUEUED' THEN 'PENDING' ELSE 'RUNNING' END)::phase_status,
  CASE WHEN s.status = 'COMPLETED' OR p.position = 0 AND s.status <> 'QUEUED' THEN 1 ELSE 0 END,
  CASE WHEN s.status = 'COMPLETED' OR p.position = 0 AND s.status <> 'QUEUED' THEN s.t END,
  CASE WHEN s.status = 'COMPLETED' THEN s.t + interval '9 seconds' END
FROM seed s JOIN seed_phase p USING (workflow)
ORDER BY s.i, p.position`

const SEED_ATTEMPTS = `
INSERT INTO phase_attempt (phase_id, attempt, run_id, epoch, status) SELECT id, 1, run_id, 1, status FROM phase WHERE attempts > 0 ORDER BY id`

/** One for six of ten runs, in flight if the run is claimed, and some without a run. */
const SEED_EXECUTIONS = `
INSERT INTO execution (id, run_id, project, phase_id, epoch, attempt, command, pid, exit_code, "end", started_by, started_at, ended_at)
SELECT ${idOf('exe', 's.i')}, CASE WHEN s.i % 1000 <> 500 THEN ${RUN_ID} END,
  CASE WHEN s.i % 1000 <> 500 THEN s.project END, CASE WHEN s.i % 1000 <> 500 THEN ${idOf('phs', 's.i::bigint * 10')} END, 1, 1, 'agent --task ' || s.i, 1000 + s.i % 30000,
  CASE WHEN NOT (${isHeld}) THEN CASE WHEN s.status = 'COMPLETED' OR s.i % 25 = 11 THEN 0 ELSE 1 END END,
  CASE WHEN NOT (${isHeld}) THEN 'EXITED'::execution_end END, 'worker-' || s.i % 40, s.t + interval '5 seconds',
  CASE WHEN NOT (${isHeld}) THEN s.t + interval '30 seconds' END
FROM seed s WHERE s.i % 10 < 6 AND s.status <> 'QUEUED' ORDER BY s.i`

const SEED_SESSIONS = `
INSERT INTO session (id, run_id, role, adapter, status, fence, created_at)
SELECT ${idOf('ses', 's.i')}, ${RUN_ID}, 'agent', 'process', CASE WHEN ${isSettled} THEN 'DISPOSED' ELSE 'READY' END::session_status, 1,
  s.t + interval '6 seconds'
FROM seed s WHERE s.i % 10 < 4 AND s.status <> 'QUEUED' ORDER BY s.i`

const SEED_ARTIFACTS = `
INSERT INTO artifact (id, run_id, phase_id, round, attempt, path, sha256, size, valid, content, created_at)
SELECT ${idOf('art', 's.i')}, ${RUN_ID}, ${idOf('phs', 's.i::bigint * 10')}, 1, 1, 'plan.md', md5(s.i::text) || md5(s.i::text), 120, true,
  repeat('A plan for ticket ' || s.i || '. ', 5), s.t + interval '8 seconds'
FROM seed s WHERE s.workflow = 'delivery' AND s.status <> 'QUEUED' ORDER BY s.i`

/** Pending if the run waits for one; decided for most others whose workflow declares one. */
const SEED_APPROVALS = `
INSERT INTO approval (id, run_id, project, phase_id, attempt, gate, kind, status, question, digest, requested_by, requested_at, on_expiry,
  approvers, allow_self_approval, decided_at, decided_by)
SELECT ${idOf('apr', 's.i')}, ${RUN_ID}, s.project, ${idOf('phs', 's.i::bigint * 10')}, 1, 'plan', 'REVIEW',
  (CASE WHEN s.status = 'AWAITING_APPROVAL' THEN 'PENDING' WHEN s.i % 1000 = 4 THEN 'EXPIRED' WHEN s.i % 25 = 11 THEN 'REJECTED' ELSE 'APPROVED' END)::approval_status,
  'Shall this plan be built?', md5(s.i::text) || md5(s.i::text), 'worker-' || s.i % 40, s.t + interval '9 seconds', 'WAIT', '{}', true,
  CASE WHEN s.status <> 'AWAITING_APPROVAL' THEN s.t + interval '20 seconds' END, CASE WHEN s.status <> 'AWAITING_APPROVAL' THEN 'person-' || s.i % 30 END
FROM seed s WHERE s.status = 'AWAITING_APPROVAL' OR s.workflow = 'delivery' AND ${isSettled} AND s.i % 3 <> 0 ORDER BY s.i`

const SEED_MESSAGES = `
INSERT INTO message (id, run_id, text, mode, status, sent_by, sent_at)
SELECT ${idOf('msg', 's.i')}, ${RUN_ID}, 'Mind the tests.', 'STEER', CASE WHEN ${isSettled} THEN 'CONSUMED' ELSE 'PENDING' END::message_status,
  'person-' || s.i % 30, s.t + interval '7 seconds'
FROM seed s WHERE s.i % 20 = 2 AND s.status <> 'QUEUED' ORDER BY s.i`

const seedTombstones = ({ firstTransaction, runs }: SeedOptions): string => `
INSERT INTO tombstone (run_id, project, workflow, labels, revision, deleted_by, deleted_at, xid)
SELECT 'run_' || lpad((i * 1000)::text, 25, '0') || 'x', 'default', 'bench', '{}', 9, 'person-1', clock_timestamp(),
  least(${firstTransaction} + i * 1000, ${firstTransaction} + ${runs} - 1)::text::xid8
FROM generate_series(1, ${Math.floor(runs / 1000)}) i`
