import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExecution } from '../../src/commands/activity/executions.ts'
import { verifyRun } from '../../src/commands/run/verifyRun.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { begin, type ReachableStatus, runIn } from '../support/runs.ts'
import { SOLO } from '../support/workflows.ts'

let here: TestCommands
let sql: pg.Pool
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO] })
  sql = new pg.Pool({ ...here.poolConfig, max: 2 })
})
afterAll(async () => {
  await sql.end()
  await here.close()
})

/** Sends raw SQL, around all code, and tells which constraint refused it; undefined where it passed. */
async function constraintOf(text: string, values: unknown[]): Promise<string | undefined> {
  try {
    await sql.query(text, values)
    return undefined
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code?.startsWith('23')) return error.constraint
    throw error
  }
}

/** Changes a run by raw SQL and logs an event for it, in one statement: as wrong code would. */
function changeWithEvent(runId: string, set: string, seq: string): Promise<string | undefined> {
  return constraintOf(
    `WITH changed AS (UPDATE run SET ${set} WHERE id = $1 RETURNING id)
     INSERT INTO event (run_id, seq, epoch, type, actor, at, payload)
     SELECT r.id, ${seq}, r.epoch, 'run.paused', 'mallory', now(), '{"comment": null}' FROM run r, changed WHERE r.id = changed.id`,
    [runId],
  )
}

const unsettled =
  'reason = NULL, error = NULL, settled_at = NULL, cancel_confirmed = NULL, revision = revision + 1'

describe('a run and its family', () => {
  test('is detached only where it has a parent, and waits for children only where nobody holds it', async () => {
    const { id } = await runIn(here, 'RUNNING')
    const change = (set: string) => changeWithEvent(id, `${set}, revision = revision + 1`, 'r.revision + 1')
    expect(await change('detached = true')).toBe('run_detached_has_a_parent')
    expect(await change('awaits_children = true')).toBe('run_awaits_children_unheld')
  })
})

describe('content that is removed', () => {
  const REMOVE = `UPDATE run SET input = NULL, error = '(removed)', content_removed_at = now(), content_removed_by = 'mallory'`
  const PAYLOAD = `UPDATE event SET payload = '{}', payload_sha256 = 'x'`

  test('is that of a settled run, once, and by somebody', async () => {
    const { id: active } = await runIn(here, 'RUNNING', { input: { task: 'it' } })
    expect(await constraintOf(`${REMOVE} WHERE id = $1`, [active])).toBe('run_change_raises_revision')
    const { id: paused } = await runIn(here, 'PAUSED')
    const marked = `content_removed_at = now(), content_removed_by = 'mallory', revision = revision + 1`
    expect(await changeWithEvent(paused, marked, 'r.revision + 1')).toBe('run_content_removed_when_settled')
    const { id } = await runIn(here, 'FAILED', { input: { task: 'it' } })
    const unnamed = `UPDATE run SET input = NULL, content_removed_at = now() WHERE id = $1`
    expect(await constraintOf(unnamed, [id])).toBe('run_content_removed_by_somebody')
    expect(await constraintOf(`${REMOVE}, title = 'another' WHERE id = $1`, [id])).toBe(
      'run_change_raises_revision',
    )
    expect(await constraintOf(`UPDATE run SET input = NULL WHERE id = $1`, [id])).toBe(
      'run_change_raises_revision',
    )
    expect(await constraintOf(`${REMOVE} WHERE id = $1`, [id])).toBeUndefined()
    for (const set of [
      `content_removed_at = NULL, content_removed_by = NULL`,
      `content_removed_at = now() + interval '1 h'`,
      `content_removed_by = 'another'`,
      `input = '{"task": "it"}'`,
    ])
      expect(await constraintOf(`UPDATE run SET ${set} WHERE id = $1`, [id])).toBe(
        'run_change_raises_revision',
      )
  })

  test('is followed by nothing, not even a resumption', async () => {
    const { id } = await runIn(here, 'FAILED')
    expect(await constraintOf(`${REMOVE} WHERE id = $1`, [id])).toBeUndefined()
    const resumed = `status = 'QUEUED', epoch = epoch + 1, ${unsettled}`
    expect(await changeWithEvent(id, resumed, 'r.revision + 1')).toBe('run_without_content_is_over')
    expect(await changeWithEvent(id, 'revision = revision + 1', 'r.revision + 1')).toBe(
      'run_without_content_is_over',
    )
  })

  test('leaves the log as it is, but for each payload once, with its hash (G6)', async () => {
    const { id } = await runIn(here, 'FAILED', { input: { task: 'it' } })
    expect(await constraintOf(`${PAYLOAD} WHERE run_id = $1`, [id])).toBe('event_is_append_only')
    expect(await constraintOf(`${REMOVE} WHERE id = $1`, [id])).toBeUndefined()
    const refused = [
      `UPDATE event SET payload = '{}' WHERE run_id = $1`,
      `${PAYLOAD}, type = 'run.paused' WHERE run_id = $1`,
      `${PAYLOAD}, at = now() WHERE run_id = $1`,
      `${PAYLOAD}, actor = 'another' WHERE run_id = $1`,
      `${PAYLOAD}, seq = seq + 10 WHERE run_id = $1`,
      `DELETE FROM event WHERE run_id = $1 AND seq = 1`,
    ]
    for (const text of refused) expect(await constraintOf(text, [id])).toBe('event_is_append_only')
    expect(await constraintOf(`${PAYLOAD} WHERE run_id = $1 AND seq = 1`, [id])).toBeUndefined()
    expect(await constraintOf(`${PAYLOAD} WHERE run_id = $1 AND seq = 1`, [id])).toBe('event_is_append_only')
    const back = `UPDATE event SET payload_sha256 = NULL WHERE run_id = $1 AND seq = 1`
    expect(await constraintOf(back, [id])).toBe('event_is_append_only')
  })
})

describe('the grace of a cancel', () => {
  test('is that of a run being cancelled, and may be moved without a revision as a lease is', async () => {
    const { id } = await runIn(here, 'RUNNING')
    expect(await constraintOf(`UPDATE run SET grace_seconds = 1 WHERE id = $1`, [id])).toBe(
      'run_change_raises_revision',
    )
    const set = 'grace_seconds = 1, grace_ends_at = now(), revision = revision + 1'
    expect(await changeWithEvent(id, set, 'r.revision + 1')).toBe('run_grace_is_whole')
    const { id: cancelling } = await runIn(here, 'CANCELLING')
    const move = `UPDATE run SET grace_ends_at = grace_ends_at + interval '1 s' WHERE id = $1`
    expect(await constraintOf(move, [cancelling])).toBeUndefined()
    expect(await verifyRun(here.commands, here.callers.admin, cancelling)).toMatchObject({ consistent: true })
  })
})

describe('a settled run', () => {
  test.for(['COMPLETED', 'CANCELLED', 'EXPIRED'] as const)(
    'that is %s never changes its status again, not even in a new epoch (G2)',
    async (status) => {
      const { id } = await runIn(here, status)
      for (const next of ['QUEUED', 'PAUSED', 'CANCELLING'])
        expect(
          await changeWithEvent(id, `status = '${next}', epoch = epoch + 1, ${unsettled}`, 'r.revision + 1'),
        ).toBe('run_final_is_final')
      const failed = `status = 'FAILED', reason = 'STALE', cancel_confirmed = NULL, epoch = epoch + 1, revision = revision + 1`
      expect(await changeWithEvent(id, failed, 'r.revision + 1')).toBe('run_final_is_final')
    },
  )

  test('that is FAILED changes its status only in a higher epoch (G2)', async () => {
    const { id } = await runIn(here, 'FAILED')
    for (const epoch of ['epoch', 'epoch - 1'])
      expect(
        await changeWithEvent(id, `status = 'QUEUED', epoch = ${epoch}, ${unsettled}`, 'r.revision + 1'),
      ).toBe('run_settled_is_a_wall')
    const queued = `status = 'QUEUED', epoch = epoch + 1, ${unsettled}`
    expect(await changeWithEvent(id, queued, 'r.revision + 1')).toBeUndefined()
  })

  test.for(['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const)(
    'that is %s gets no further event in its epoch, whatever it says (G2)',
    async (status) => {
      const { id } = await runIn(here, status)
      expect(
        await changeWithEvent(id, `error = 'on second thoughts', revision = revision + 1`, 'r.revision + 1'),
      ).toBe(status === 'FAILED' ? 'run_settled_is_a_wall' : 'run_final_is_final')
    },
  )
})

describe('a change of a run', () => {
  test.for(['QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED'] satisfies ReachableStatus[])(
    'that is %s is refused without a higher revision (G6)',
    async (status) => {
      const { id } = await runIn(here, status)
      const changes = [
        `title = 'renamed'`,
        `error = 'rewritten'`,
        `epoch = epoch + 1`,
        `fence = fence + 1`,
        `output = '1'`,
        `labels = '{stolen}'`,
        `round = round + 1`,
        `current_phase = 'elsewhere'`,
        `title = 'renamed', revision = revision - 1`,
        `status_at = status_at + interval '1 hour'`,
      ]
      for (const set of changes)
        expect([set, await constraintOf(`UPDATE run SET ${set} WHERE id = $1`, [id])]).toEqual([
          set,
          'run_change_raises_revision',
        ])
    },
  )

  test('is refused where its revision has no event (G6)', async () => {
    const { id } = await runIn(here, 'QUEUED')
    const text = `UPDATE run SET title = 'renamed', revision = revision + 1 WHERE id = $1`
    expect(await constraintOf(text, [id])).toBe('run_revision_is_logged')
  })

  test('is refused where its revision skips one (G6)', async () => {
    const { id } = await runIn(here, 'QUEUED')
    expect(await changeWithEvent(id, `title = 'x', revision = revision + 2`, 'r.revision + 2')).toBe(
      'event_follows_another',
    )
    expect(await changeWithEvent(id, `title = 'x', revision = revision + 2`, 'r.revision + 1')).toBe(
      'run_revision_is_logged',
    )
  })

  test('is refused as a whole: a caught refusal leaves the run as it was', async () => {
    const { id } = await runIn(here, 'FAILED')
    await changeWithEvent(id, `status = 'QUEUED', ${unsettled}`, 'r.revision + 1')
    await constraintOf(`UPDATE run SET title = 'x', revision = revision + 1 WHERE id = $1`, [id])
    expect(await verifyRun(here.commands, here.callers.admin, id)).toMatchObject({ consistent: true })
  })

  test('passes without a revision where it is a lease time, activity, or the reminder of the sweep', async () => {
    const { id } = await runIn(here, 'RUNNING')
    const text = `UPDATE run SET lease_expires_at = now() + interval '1 hour', last_activity_at = now(), due_at = now() WHERE id = $1`
    expect(await constraintOf(text, [id])).toBeUndefined()
  })

  test('passes without a revision where the claim on a settled run ends, and only there', async () => {
    const ended = `UPDATE run SET lease_owner = NULL, lease_seconds = NULL, lease_expires_at = NULL WHERE id = $1`
    const paused = await runIn(here, 'PAUSED')
    expect(await constraintOf(ended, [paused.id])).toBe('run_change_raises_revision')
    const { id } = await failUnderItsOwner()
    expect(await constraintOf(`UPDATE run SET lease_owner = 'thief' WHERE id = $1`, [id])).toBe(
      'run_change_raises_revision',
    )
    expect(await constraintOf(ended, [id])).toBeUndefined()
    const begun = `UPDATE run SET lease_owner = 'thief', lease_seconds = 0 WHERE id = $1`
    expect(await constraintOf(begun, [id])).toBe('run_change_raises_revision')
  })
})

/** A run that FAILED while its owner keeps the lease, as a timeout leaves it. */
async function failUnderItsOwner() {
  const { id } = await runIn(here, 'RUNNING')
  const failed = `status = 'FAILED', reason = 'RUN_TIMEOUT', settled_at = now(), status_at = now(), revision = revision + 1`
  expect(await changeWithEvent(id, failed, 'r.revision + 1')).toBeUndefined()
  return { id }
}

describe('the row of a run', () => {
  const RUNNING = { status: 'RUNNING' } as const
  test.for([
    [`status = 'RUNNING'`, 'QUEUED', 'run_running_has_an_owner'],
    [
      `lease_owner = NULL, lease_seconds = NULL, lease_expires_at = NULL`,
      RUNNING.status,
      'run_running_has_an_owner',
    ],
    [`settled_at = now(), reason = 'STALE'`, 'QUEUED', 'run_settled_at_tells_settled'],
    [`status = 'EXPIRED'`, 'QUEUED', 'run_settled_at_tells_settled'],
    [`status = 'FAILED', settled_at = now()`, 'QUEUED', 'run_reason_tells_settled'],
    [`reason = 'STALE'`, 'QUEUED', 'run_reason_tells_settled'],
    [`status = 'COMPLETED', reason = 'STALE', settled_at = now()`, 'QUEUED', 'run_completed_for_a_reason'],
    [`status = 'FAILED', reason = 'COMPLETED', settled_at = now()`, 'QUEUED', 'run_completed_for_a_reason'],
    [
      `status = 'CANCELLED', reason = 'CANCELLED_BY_USER', settled_at = now()`,
      'QUEUED',
      'run_confirmed_when_cancelled',
    ],
    [`cancel_confirmed = true`, 'QUEUED', 'run_confirmed_when_cancelled'],
    [`lease_owner = 'me'`, 'QUEUED', 'run_lease_is_whole'],
    [`lease_owner = 'me', lease_seconds = 30`, 'QUEUED', 'run_lease_is_whole'],
    [`lease_expires_at = NULL`, RUNNING.status, 'run_lease_is_whole'],
    [`lease_expires_at = now()`, 'QUEUED', 'run_lease_is_whole'],
    [`depth = 6`, 'QUEUED', 'run_numbers_rise'],
    [`fence = -1`, 'QUEUED', 'run_numbers_rise'],
    [`epoch = 0`, 'QUEUED', 'run_numbers_rise'],
  ] as const)('refuses SET %s on a run that is %s', async ([set, status, constraint]) => {
    const { id } = await runIn(here, status)
    expect(await changeWithEvent(id, `${set}, revision = revision + 1`, 'r.revision + 1')).toBe(constraint)
  })

  test('refuses a second active run with the same concurrency key in the project, and a settled one still held', async () => {
    const held = await begin(here, { concurrencyKey: 'tree-1' })
    const other = await begin(here, { concurrencyKey: 'tree-2' })
    const take = `concurrency_key = 'tree-1', revision = revision + 1`
    expect(await changeWithEvent(other.id, take, 'r.revision + 1')).toBe('run_concurrency_key')
    const claim = `status = 'FAILED', reason = 'RUN_TIMEOUT', settled_at = now(), lease_owner = 'o', lease_seconds = 30,
      lease_expires_at = now() + interval '30 s', revision = revision + 1`
    expect(await changeWithEvent(held.id, claim, 'r.revision + 1')).toBeUndefined()
    expect(await changeWithEvent(other.id, take, 'r.revision + 1')).toBe('run_concurrency_key')
    await sql.query(
      `UPDATE run SET lease_owner = NULL, lease_seconds = NULL, lease_expires_at = NULL WHERE id = $1`,
      [held.id],
    )
    expect(await changeWithEvent(other.id, take, 'r.revision + 1')).toBeUndefined()
  })
})

describe('the log', () => {
  test.for([
    `UPDATE event SET payload = '{}' WHERE run_id = $1`,
    `UPDATE event SET actor = 'somebody else' WHERE run_id = $1 AND seq = 1`,
    `UPDATE event SET key = 'k' WHERE run_id = $1`,
    `DELETE FROM event WHERE run_id = $1 AND seq = (SELECT revision FROM run WHERE id = $1)`,
    `DELETE FROM event WHERE run_id = $1`,
  ])('is append-only: refuses %s (G6)', async (text) => {
    const { id } = await runIn(here, 'RUNNING')
    expect(await constraintOf(text, [id])).toBe('event_is_append_only')
  })

  test('can not be truncated, not even with everything else (G6)', async () => {
    await expect(sql.query('TRUNCATE run CASCADE')).rejects.toMatchObject({
      constraint: 'event_is_append_only',
    })
    await expect(sql.query('TRUNCATE event CASCADE')).rejects.toMatchObject({
      constraint: 'event_is_append_only',
    })
  })

  test('never changes an entry of a transcript, nor counts a usage below nothing', async () => {
    const { id } = await runIn(here, 'RUNNING')
    await sql.query(
      `INSERT INTO session (id, run_id, role, adapter, status, fence, created_at) VALUES ('ses_entries', $1, 'r', 'a', 'READY', 1, now())`,
      [id],
    )
    await sql.query(
      `INSERT INTO entry (session_id, seq, kind, text, at) VALUES ('ses_entries', 1, 'OUTPUT', 'said', now())`,
    )
    const change = `UPDATE entry SET text = 'never said' WHERE session_id = 'ses_entries'`
    expect(await constraintOf(change, [])).toBe('entry_is_append_only')
    const used = `INSERT INTO usage (session_id, key, seq, run_id, output_tokens, at) VALUES ('ses_entries', '#1', 1, $1, -1, now())`
    expect(await constraintOf(used, [id])).toBe('usage_is_counted')
  })

  test('takes an event only after the one before it, each number once (G6)', async () => {
    const { id, revision } = await runIn(here, 'RUNNING')
    const insert = (seq: number) =>
      constraintOf(
        `INSERT INTO event (run_id, seq, epoch, type, actor, at, payload) VALUES ($1, $2, 1, 'run.paused', 'm', now(), '{}')`,
        [id, seq],
      )
    expect(await insert(revision + 2)).toBe('event_follows_another')
    expect(await insert(0)).toBe('event_follows_another')
    expect(await insert(revision)).toBe('event_pkey')
    expect(await insert(1)).toBe('event_pkey')
  })

  test('goes with its run, and so does everything below it', async () => {
    const { id } = await runIn(here, 'RUNNING')
    const { commands, callers } = here
    const answer = await startExecution(commands, callers.worker, { runId: id, command: 'agent', fence: 1 })
    expect(answer.ok).toBe(true)
    await sql.query('DELETE FROM run WHERE id = $1', [id])
    for (const table of ['event', 'phase', 'phase_attempt', 'execution']) {
      const { rows } = await sql.query(`SELECT count(*)::int AS n FROM ${table} WHERE run_id = $1`, [id])
      expect([table, rows]).toEqual([table, [{ n: 0 }]])
    }
  })
})

describe('a chain of runs', () => {
  const over = (chainId: string) =>
    constraintOf(
      `INSERT INTO run SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'continues_id', r.id, 'chain_id', $2::text))).*
       FROM run r WHERE r.id = $1`,
      [chainId, chainId],
    )

  test('has one run that is active or still has an owner on its row', async () => {
    const { id } = await runIn(here, 'QUEUED')
    expect(await over(id)).toBe('run_chain')
    const { id: held } = await failUnderItsOwner()
    const text = `INSERT INTO run SELECT (jsonb_populate_record(r, '{"status": "QUEUED", "settled_at": null, "reason": null, "lease_owner": null,
      "lease_seconds": null, "lease_expires_at": null}' || jsonb_build_object('id', gen_random_uuid(), 'continues_id', r.id))).*
      FROM run r WHERE r.id = $1`
    expect(await constraintOf(text, [held])).toBe('run_chain')
  })

  test('continues from each of its runs once', async () => {
    const { id } = await runIn(here, 'COMPLETED')
    const { id: next } = await runIn(here, 'CANCELLED', { continuesRunId: id })
    expect(await constraintOf(`UPDATE run SET continues_id = $2 WHERE id = $1`, [next, id])).toBeUndefined()
    expect(await over(id)).toBe('run_continued_once')
  })

  test('is left as it is by a run that was continued: it is neither reopened nor deleted', async () => {
    const { id } = await runIn(here, 'FAILED')
    await begin(here, { continuesRunId: id })
    const queued = `status = 'QUEUED', epoch = epoch + 1, ${unsettled}`
    expect(await changeWithEvent(id, queued, 'r.revision + 1')).toBe('run_continued_is_over')
    expect(await constraintOf('DELETE FROM run WHERE id = $1', [id])).toBe('run_continued_is_over')
  })
})

describe('a moment before which nobody claims a run', () => {
  test('is kept for a run that is QUEUED or PAUSED, and changes only with a revision (G6)', async () => {
    const { id: queued } = await runIn(here, 'QUEUED')
    const later = `not_before = now() + interval '1 hour'`
    expect(await constraintOf(`UPDATE run SET ${later} WHERE id = $1`, [queued])).toBe(
      'run_change_raises_revision',
    )
    const { id: running } = await runIn(here, 'RUNNING')
    expect(await changeWithEvent(running, `${later}, revision = revision + 1`, 'r.revision + 1')).toBe(
      'run_waits_before_its_claim',
    )
    expect(await changeWithEvent(running, 'away_ms = -1, revision = revision + 1', 'r.revision + 1')).toBe(
      'run_away_is_no_debt',
    )
  })
})

describe('the rows below', () => {
  test('refuse an execution that ended at no time, or at a time without an end', async () => {
    const { id } = await runIn(here, 'RUNNING')
    const insert = (end: string | null, at: string | null) =>
      constraintOf(
        `INSERT INTO execution (id, run_id, command, started_by, started_at, "end", ended_at) VALUES (gen_random_uuid(), $1, 'a', 'm', now(), $2::execution_end, $3)`,
        [id, end, at],
      )
    expect(await insert('EXITED', null)).toBe('execution_ended_at_tells_ended')
    expect(await insert(null, '2026-01-01')).toBe('execution_ended_at_tells_ended')
  })

  test('keep the installation single', async () => {
    const insert = (only: boolean) =>
      constraintOf(`INSERT INTO installation ("only", id, secret) VALUES ($1, 'i', 's')`, [only])
    expect(await insert(true)).toBe('installation_pkey')
    expect(await insert(false)).toBe('installation_is_one')
  })
})

describe('a question in the middle of a turn', () => {
  const ask = (runId: string, values: Readonly<Record<string, string>> = {}) => {
    const row = {
      kind: `'QUESTION'`,
      status: `'PENDING'`,
      permission: 'NULL',
      answer_schema: `'{}'`,
      answer: 'NULL',
      session_id: 'NULL',
      on_expiry: `'CONTINUE'`,
      expires_at: 'now()',
      ...values,
    }
    return constraintOf(
      `INSERT INTO approval (id, run_id, project, gate, question, digest, requested_by, requested_at, approvers, allow_self_approval,
         ${Object.keys(row).join(', ')})
       SELECT gen_random_uuid(), $1, 'default', 'g', '?', 'd', 'mallory', now(), '{}', true, ${Object.values(row).join(', ')}`,
      [runId],
    )
  }

  test('is whole, and answered as its kind admits', async () => {
    const { id } = await runIn(here, 'RUNNING')
    const permission = { kind: `'PERMISSION'`, permission: `'{}'`, answer_schema: 'NULL' }
    const decided = { decided_at: 'now()', decided_by: `'mallory'` }
    const refused = [
      [{ answer_schema: 'NULL' }, 'approval_schema_tells_kind'],
      [{ ...permission, permission: 'NULL' }, 'approval_permission_tells_kind'],
      [{ on_expiry: `'WAIT'` }, 'approval_in_turn_continues'],
      [{ expires_at: 'NULL' }, 'approval_in_turn_expires'],
      [{ status: `'ANSWERED'` }, 'approval_answer_tells_answered'],
      [{ status: `'DENIED'`, ...decided }, 'approval_status_fits_kind'],
      [{ ...permission, status: `'ALLOWED_ALWAYS'`, ...decided }, 'approval_status_fits_kind'],
      [{ ...permission, status: `'APPROVED'`, ...decided }, 'approval_status_fits_kind'],
    ] as const
    for (const [values, constraint] of refused)
      expect([values, await ask(id, values)]).toEqual([values, constraint])
    const review = { kind: `'REVIEW'`, answer_schema: 'NULL', on_expiry: `'WAIT'`, status: `'VOID'` }
    expect(await ask(id, review)).toBeUndefined()
    expect(await ask(id, { ...review, session_id: `'ses_1'` })).toBe('approval_session_asks_in_turn')
    expect(await ask(id, { ...permission, status: `'VOID'` })).toBeUndefined()
  })

  test('is open once, and only while an owner with a lease waits', async () => {
    const { id } = await runIn(here, 'RUNNING')
    expect(await ask(id)).toBe('approval_in_turn_has_an_owner')
    const { id: asking } = await runIn(here, 'RUNNING')
    const waits = `status = 'AWAITING_APPROVAL', revision = revision + 1`
    expect(await changeWithEvent(asking, waits, 'r.revision + 1')).toBeUndefined()
    expect(await ask(asking)).toBeUndefined()
    expect(await ask(asking)).toBe('approval_open')
    const known = `claim_kinds = ARRAY['REVIEW'], revision = revision + 1`
    expect(await changeWithEvent(asking, known, 'r.revision + 1')).toBe('run_claim_kinds_are_known')
  })
})
