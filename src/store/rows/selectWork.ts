/**
 * SQL that selects what hangs below a run `r` as JSON, in the shape of the lifecycle's `Run`. Each takes a condition that
 * narrows it; rows come in the order in which they came to be.
 */

/** A point in time as JSON carries it: milliseconds. */
export const ms = (column: string): string => `round(extract(epoch from ${column}) * 1000)::bigint`

const list = (json: string, from: string, order: string): string =>
  `(SELECT coalesce(jsonb_agg(${json} ORDER BY ${order}), '[]') FROM ${from})`

const attempts = (which: string): string =>
  list(
    `jsonb_build_object('attempt', a.attempt, 'epoch', a.epoch, 'status', a.status)`,
    `phase_attempt a WHERE a.phase_id = p.id ${which}`,
    'a.attempt',
  )

/** Phases; `tried` narrows their attempts. */
export const selectPhases = (which: string, tried: string): string =>
  list(
    `jsonb_build_object(
      'id', p.id, 'key', p.key, 'round', p.round, 'position', p.position, 'status', p.status, 'attempts', p.attempts,
      'startedAt', ${ms('p.started_at')}, 'endedAt', ${ms('p.ended_at')}, 'error', p.error, 'rejections', p.rejections,
      'history', ${attempts(tried)})`,
    `phase p WHERE p.run_id = r.id ${which}`,
    'p.round, p.position',
  )

/** Columns of an execution `x` as JSON. */
export const EXECUTION_JSON = `jsonb_build_object(
  'id', x.id, 'runId', x.run_id, 'phaseId', x.phase_id, 'epoch', x.epoch, 'attempt', x.attempt, 'fence', x.fence,
  'command', x.command,
  'pid', x.pid, 'exitCode', x.exit_code, 'signal', x.signal, 'end', x."end", 'late', x.late, 'startedBy', x.started_by,
  'startedById', x.started_by_id,  'startedAt', ${ms('x.started_at')}, 'endedAt', ${ms('x.ended_at')})`

export const selectExecutions = (which: string): string =>
  list(EXECUTION_JSON, `execution x WHERE x.run_id = r.id ${which}`, 'x.started_at, x.id')

/** Columns of a session `s` as JSON. */
export const SESSION_JSON = `jsonb_build_object(
  'id', s.id, 'role', s.role, 'adapter', s.adapter, 'status', s.status, 'fence', s.fence,
  'recoveryAttempts', s.recovery_attempts, 'handle', s.handle, 'lastPromptKey', s.last_prompt_key,
  'lastPromptStage', s.last_prompt_stage, 'lastPromptAt', ${ms('s.last_prompt_at')}, 'sent', s.sent,
  'createdAt', ${ms('s.created_at')})`

export const selectSessions = (which: string): string =>
  list(SESSION_JSON, `session s WHERE s.run_id = r.id ${which}`, 's.created_at, s.id')

/** Columns of an artifact `f` as JSON, without its content. */
export const ARTIFACT_JSON = `jsonb_build_object(
  'id', f.id, 'phaseId', f.phase_id, 'round', f.round, 'attempt', f.attempt, 'path', f.path, 'sha256', f.sha256,
  'size', f.size, 'valid', f.valid, 'problems', f.problems, 'createdAt', ${ms('f.created_at')})`

export const selectArtifacts = (which: string): string =>
  list(ARTIFACT_JSON, `artifact f WHERE f.run_id = r.id ${which}`, 'f.created_at, f.id')

/** Columns of an approval `v` as JSON. */
export const APPROVAL_JSON = `jsonb_build_object(
  'id', v.id, 'phaseId', v.phase_id, 'attempt', v.attempt, 'gate', v.gate, 'kind', v.kind, 'status', v.status,
  'question', v.question, 'payload', v.payload, 'digest', v.digest, 'artifactSha256', v.artifact_sha256,
  'requestedBy', v.requested_by, 'requestedById', v.requested_by_id, 'requestedAt', ${ms('v.requested_at')}, 'expiresAt', ${ms('v.expires_at')},
  'onExpiry', v.on_expiry, 'approvers', to_jsonb(v.approvers), 'allowSelfApproval', v.allow_self_approval,
  'decidedAt', ${ms('v.decided_at')}, 'decidedBy', v.decided_by,
  'decidedById', v.decided_by_id, 'comment', v.comment)`

export const selectApprovals = (which: string): string =>
  list(APPROVAL_JSON, `approval v WHERE v.run_id = r.id ${which}`, 'v.requested_at, v.id')

/** Columns of a message `m` as JSON. */
export const MESSAGE_JSON = `jsonb_build_object(
  'id', m.id, 'text', m.text, 'mode', m.mode, 'status', m.status, 'sentBy', m.sent_by,
  'sentById', m.sent_by_id, 'sentAt', ${ms('m.sent_at')})`

export const selectMessages = (which: string): string =>
  list(MESSAGE_JSON, `message m WHERE m.run_id = r.id ${which}`, 'm.sent_at, m.id')

/** How many active children are told of: more need not be known, and no sentence names as many. */
const CHILDREN = 20

const ACTIVE_CHILDREN = `CASE WHEN r.settled_at IS NULL THEN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'status', c.status, 'detached', c.detached) ORDER BY c.detached, c.id), '[]')
    FROM (SELECT c.id, c.status, c.detached FROM run c WHERE c.parent_id = r.id AND c.settled_at IS NULL ORDER BY c.detached, c.id LIMIT ${CHILDREN}) c
  ) ELSE '[]' END`

/** From the parent up; of a run that nothing changes any more, nobody asks. */
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

/** The runs above and below the run, as far as decisions look at them. */
const FAMILY = `jsonb_build_object('ancestors', ${ANCESTORS}, 'children', ${ACTIVE_CHILDREN}) AS family`

/**
 * The run at the end of the chain that goes on from the run; null where none continues it. Of forks of earlier versions the
 * one in the run's own chain comes first.
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

/** A no to a question about the run as a whole, which stands until its gate is asked again. */
const STANDING_NO = `(v.phase_id IS NULL AND v.kind = 'REVIEW'
  AND (v.status = 'REJECTED' OR v.status = 'EXPIRED' AND v.on_expiry = 'REJECT')
  AND NOT EXISTS (SELECT FROM approval l WHERE l.run_id = v.run_id AND l.phase_id IS NULL AND l.kind = 'REVIEW'
    AND l.gate = v.gate AND (l.requested_at, l.id) > (v.requested_at, v.id)))`

/**
 * What is selected to decide about a run, or to show it: the present round with what counts as evidence in it, and
 * whatever is under way. `named` is a parameter with the id of one row more, ended or not.
 */
export const selectPresent = (named: string): string => `r.*,
  ${selectPhases('AND p.round = r.round', 'AND a.attempt = p.attempts')} AS phases,
  ${selectExecutions(`AND (x."end" IS NULL OR x.id = ${named})`)} AS executions,
  ${selectSessions(`AND (s.status <> 'DISPOSED' OR s.id = ${named})`)} AS sessions,
  ${selectArtifacts(`AND ${OF_LAST_ATTEMPT('f')}`)} AS artifacts,
  ${selectApprovals(`AND (v.status = 'PENDING' OR v.id = ${named} OR ${OF_LAST_ATTEMPT('v')} OR ${STANDING_NO})`)} AS approvals,
  ${selectMessages(`AND (m.status IN ('PENDING', 'DELIVERED') OR m.id = ${named})`)} AS messages,
  ${FAMILY}, ${CONTINUED_BY}`

/** Everything below a run: every round, every attempt, and all that ever was. */
export const SELECT_FULL_RUN = `r.*, ${selectPhases('', '')} AS phases, ${selectExecutions('')} AS executions,
  ${selectSessions('')} AS sessions, ${selectArtifacts('')} AS artifacts, ${selectApprovals('')} AS approvals,
  ${selectMessages('')} AS messages, ${FAMILY}, ${CONTINUED_BY}`
