import { columnsOf, selectAll, selectObject } from '../sql/columns.ts'

/**
 * SQL that selects the work of `run r` as JSON, in the shape of the lifecycle's `Run`. Each function takes a condition
 * that restricts the rows, which come in order of creation.
 */

const list = (json: string, from: string, order: string): string =>
  `(SELECT coalesce(jsonb_agg(${json} ORDER BY ${order}), '[]') FROM ${from})`

const attempts = (which: string): string =>
  list(
    selectObject(columnsOf('phase_attempt', ['phase_id', 'run_id']), 'a'),
    `phase_attempt a WHERE a.phase_id = p.id ${which}`,
    'a.attempt',
  )

/** Phases; `tried` restricts their attempts. */
export const selectPhases = (which: string, tried: string): string =>
  list(
    selectObject(columnsOf('phase', ['run_id']), 'p', `'history', ${attempts(tried)}`),
    `phase p WHERE p.run_id = r.id ${which}`,
    'p.round, p.position',
  )

/** An execution `x` as JSON, without its keys. */
export const EXECUTION_JSON = selectObject(
  columnsOf('execution', [
    'project',
    'touched_at',
    'start_key',
    'start_request',
    'finish_key',
    'finish_request',
  ]),
  'x',
)

export const selectExecutions = (which: string): string =>
  list(EXECUTION_JSON, `execution x WHERE x.run_id = r.id ${which}`, 'x.started_at, x.id')

/** A session `s` as JSON. */
export const SESSION_JSON = selectObject(columnsOf('session', ['run_id', 'next_entry']), 's')

export const selectSessions = (which: string): string =>
  list(SESSION_JSON, `session s WHERE s.run_id = r.id ${which}`, 's.created_at, s.id')

/** An artifact `f` as JSON, without its content. */
export const ARTIFACT_JSON = selectObject(columnsOf('artifact', ['run_id', 'content']), 'f')

export const selectArtifacts = (which: string): string =>
  list(ARTIFACT_JSON, `artifact f WHERE f.run_id = r.id ${which}`, 'f.created_at, f.id')

/** An approval `v` as JSON. */
export const APPROVAL_JSON = selectObject(columnsOf('approval', ['run_id', 'project']), 'v')

export const selectApprovals = (which: string): string =>
  list(APPROVAL_JSON, `approval v WHERE v.run_id = r.id ${which}`, 'v.requested_at, v.id')

/** A message `m` as JSON. */
export const MESSAGE_JSON = selectObject(columnsOf('message', ['run_id']), 'm')

export const selectMessages = (which: string): string =>
  list(MESSAGE_JSON, `message m WHERE m.run_id = r.id ${which}`, 'm.sent_at, m.id')

/** Maximum number of active children included: decisions need no more, and no message names more. */
const CHILDREN = 20

const ACTIVE_CHILDREN = `CASE WHEN r.settled_at IS NULL THEN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'status', c.status, 'detached', c.detached) ORDER BY c.detached, c.id), '[]')
    FROM (SELECT c.id, c.status, c.detached FROM run c WHERE c.parent_id = r.id AND c.settled_at IS NULL ORDER BY c.detached, c.id LIMIT ${CHILDREN}) c
  ) ELSE '[]' END`

/** Ordered from the parent up; empty for a final run, which no command changes. */
const ANCESTORS = `CASE WHEN r.parent_id IS NOT NULL AND r.status NOT IN ('COMPLETED', 'CANCELLED', 'EXPIRED') THEN (
    WITH RECURSIVE above AS (
      SELECT p.id, p.status, p.cascade, NOT r.detached AS attached, p.parent_id, p.detached, 1 AS height
      FROM run p WHERE p.id = r.parent_id
      UNION ALL
      SELECT p.id, p.status, p.cascade, a.attached AND NOT a.detached, p.parent_id, p.detached, a.height + 1
      FROM above a JOIN run p ON p.id = a.parent_id
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'status', a.status, 'cascade', a.cascade, 'attached', a.attached) ORDER BY a.height), '[]')
    FROM above a
  ) ELSE '[]' END`

/** The run's ancestors and active children, as far as decisions depend on them. */
const FAMILY = `jsonb_build_object('ancestors', ${ANCESTORS}, 'children', ${ACTIVE_CHILDREN}) AS family`

/**
 * The run at the end of the chain that continues the run; null if none continues it. Among forks created by earlier
 * versions, the one in the run's own chain has priority.
 */
const CONTINUED_BY = `CASE WHEN r.settled_at IS NOT NULL AND EXISTS (SELECT FROM run c WHERE c.continues_id = r.id) THEN (
    WITH RECURSIVE later AS (
      SELECT c.id, c.chain_id, c.created_at FROM run c WHERE c.continues_id = r.id
      UNION SELECT c.id, c.chain_id, c.created_at FROM later l JOIN run c ON c.continues_id = l.id
    )
    SELECT l.id FROM later l WHERE NOT EXISTS (SELECT FROM run c WHERE c.continues_id = l.id)
    ORDER BY (l.chain_id = r.chain_id) DESC, l.created_at DESC, l.id DESC LIMIT 1
  ) END AS continued_by`

const OF_LAST_ATTEMPT = (alias: string): string =>
  `EXISTS (SELECT FROM phase p WHERE p.id = ${alias}.phase_id AND p.round = r.round AND p.attempts = ${alias}.attempt)`

/** A rejection of a question about the run as a whole, which holds until its gate is asked again. */
const STANDING_NO = `(v.phase_id IS NULL AND v.kind = 'REVIEW'
  AND (v.status = 'REJECTED' OR v.status = 'EXPIRED' AND v.on_expiry = 'REJECT')
  AND NOT EXISTS (SELECT FROM approval l WHERE l.run_id = v.run_id AND l.phase_id IS NULL AND l.kind = 'REVIEW'
    AND l.gate = v.gate AND (l.requested_at, l.id) > (v.requested_at, v.id)))`

/** A permission that lasts for its session. */
const STANDING_PERMISSION = `(v.status = 'ALLOWED_ALWAYS'
  AND EXISTS (SELECT FROM session s WHERE s.id = v.session_id AND s.status <> 'DISPOSED'))`

/**
 * Selects what decisions and readers need: the current round with what counts as evidence in it, and everything not yet
 * ended. `named` is a parameter with the id of one more row to include, ended or not.
 */
export const selectPresent = (named: string): string => `${selectAll('run', 'r')},
  ${selectPhases('AND p.round = r.round', 'AND a.attempt = p.attempts')} AS phases,
  ${selectExecutions(`AND (x."end" IS NULL OR x.id = ${named})`)} AS executions,
  ${selectSessions(`AND (s.status <> 'DISPOSED' OR s.id = ${named})`)} AS sessions,
  ${selectArtifacts(`AND ${OF_LAST_ATTEMPT('f')}`)} AS artifacts,
  ${selectApprovals(`AND (v.status = 'PENDING' OR v.id = ${named} OR ${OF_LAST_ATTEMPT('v')} OR ${STANDING_NO} OR ${STANDING_PERMISSION})`)} AS approvals,
  ${selectMessages(`AND (m.status IN ('PENDING', 'DELIVERED') OR m.id = ${named})`)} AS messages,
  ${FAMILY}, ${CONTINUED_BY}`

/** A run with all of its work: every round, every attempt and everything that has ended. */
export const SELECT_FULL_RUN = `${selectAll('run', 'r')}, ${selectPhases('', '')} AS phases, ${selectExecutions('')} AS executions,
  ${selectSessions('')} AS sessions, ${selectArtifacts('')} AS artifacts, ${selectApprovals('')} AS approvals,
  ${selectMessages('')} AS messages, ${FAMILY}, ${CONTINUED_BY}`
