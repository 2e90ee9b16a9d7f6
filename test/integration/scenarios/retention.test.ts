import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../src/lifecycle/log/canonicalJson.ts'
import { ask } from '../../support/server.ts'
import { define } from '../../support/workflows.ts'
import { type Data, openStage, type Stage } from './stage.ts'

const TABLES = ['run', 'event', 'phase', 'execution', 'session', 'entry', 'artifact', 'approval', 'message']

/** A word that only content has. */
const SECRET = 'Rumpelstilzchen'

const WORKFLOW = define({
  name: 'kept',
  initialPhase: 'work',
  completeRoundAt: 'work',
  phases: [
    {
      key: 'work',
      next: ['more'],
      artifact: { path: 'work.json', schema: { type: 'object' }, required: false },
    },
    { key: 'more', next: ['done'] },
    { key: 'done', final: true },
  ],
})

let stage: Stage
let sql: pg.Pool
beforeAll(async () => {
  stage = await openStage([WORKFLOW])
  sql = stage.server.store.pool
})
afterAll(() => stage.end())

/** A run whose every text has the word in it; it ends FAILED. */
async function tellEverything(
  project = 'default',
): Promise<{ runId: string; sessionId: string; start: object }> {
  const { wanda, olga } = stage
  const start = {
    workflow: 'kept',
    project,
    title: 'a title',
    input: { task: [SECRET] },
    claim: { owner: 'wanda', leaseSeconds: 600, kinds: ['PERMISSION', 'QUESTION'] },
    idempotencyKey: `start ${crypto.randomUUID()}`,
  }
  const { run } = await wanda.must('startRun', start)
  const held = { runId: run.id, fence: 1 }
  await wanda.must('startPhase', { ...held, phase: 'work', because: SECRET })
  await wanda.must('startExecution', { ...held, command: `agent ${SECRET}` })
  const { session } = await wanda.must('openSession', {
    ...held,
    role: 'writer',
    adapter: 'a',
    handle: { SECRET },
  })
  await wanda.must('updateSession', {
    sessionId: session.id,
    fence: 1,
    status: 'BOOTSTRAPPING',
    detail: { SECRET },
  })
  const said = { message: { text: SECRET } }
  await wanda.must('appendTranscript', { sessionId: session.id, fence: 1, fromSeq: 1, entries: [said, said] })
  await wanda.must('submitArtifact', { ...held, phase: 'work', path: 'work.json', content: `"${SECRET}"` })
  await wanda.must('submitArtifact', {
    ...held,
    phase: 'work',
    path: 'work.json',
    content: `{"a":"${SECRET}"}`,
  })
  await olga.must('sendMessage', { runId: run.id, text: SECRET, idempotencyKey: run.id })
  const asked = { ...held, gate: 'g', question: SECRET, payload: { SECRET } }
  const permission = { kind: 'EXECUTE', program: SECRET, path: SECRET }
  const { approval: allowed } = await wanda.must('requestApproval', {
    ...asked,
    kind: 'PERMISSION',
    permission,
  })
  const answer = { digest: allowed.digest, comment: SECRET }
  await olga.must('decideApproval', { approvalId: allowed.id, decision: 'ALLOW', ...answer })
  const answerSchema = { type: 'object', properties: { [SECRET]: { type: 'string' } } }
  const { approval: known } = await wanda.must('requestApproval', {
    ...asked,
    kind: 'QUESTION',
    answerSchema,
  })
  await olga.must('decideApproval', {
    approvalId: known.id,
    decision: 'ANSWER',
    digest: known.digest,
    answer: { [SECRET]: SECRET },
  })
  await wanda.must('completeRound', { ...held, summary: SECRET })
  await olga.must('pauseRun', { runId: run.id, comment: SECRET })
  await olga.must('resumeRun', { runId: run.id, comment: SECRET })
  const error = { class: 'RECOVERABLE', code: 'E', message: SECRET, hint: SECRET }
  await wanda.must('advancePhase', { ...held, to: 'more' })
  await wanda.must('failPhase', { ...held, phase: 'more', error })
  await wanda.must('failRun', { ...held, error: SECRET })
  return { runId: run.id, sessionId: session.id, start }
}

/** The tables in which the word is found among the rows of a run. */
async function whereSaid(): Promise<string[]> {
  const found: string[] = []
  for (const table of TABLES) {
    const { rowCount } = await sql.query(`SELECT FROM "${table}" t WHERE t::text LIKE $1`, [`%${SECRET}%`])
    if (rowCount) found.push(table)
  }
  return found
}

const remove = (input: object): Promise<Data> =>
  stage.adam.must('removeContent', { olderThanSeconds: 0, isDryRun: false, ...input })

const READ = `query ($id: ID!) {
  run(id: $id) {
    status title input error revision isResumable nextAction contentRemoval { removedAt removedBy }
    sessions { nodes { handle transcript { edges { node { seq } } } } }
    artifacts { edges { node { sha256 isValid content contentRemoval { removedBy } problems { message } } } }
    approvals { edges { node { question payload digest status comment } } }
    messages { edges { node { text status } } }
  }
  verifyRun(id: $id) { __typename ... on VerifyRunSuccess { isConsistent differences eventsChecked } }
}`

describe('a run whose content was removed', () => {
  it('keeps its skeleton, and nothing of what was said (G6)', async () => {
    const { runId, sessionId, start } = await tellEverything()
    expect(await whereSaid()).toEqual(TABLES)
    const { rows: before } = await sql.query(
      'SELECT seq, type, payload FROM event WHERE run_id = $1 ORDER BY seq',
      [runId],
    )
    const log = await stage.vera.log(runId)

    const would = await stage.adam.must('removeContent', { olderThanSeconds: 0 })
    expect(would).toMatchObject({ isDryRun: true, projects: [{ project: 'default', runs: 1 }], failed: [] })
    expect(would.projects[0].bytes).toBeGreaterThan(1_000)
    expect(await remove({ olderThanSeconds: 86_400 })).toMatchObject({ projects: [] })
    expect(await whereSaid()).toEqual(TABLES)

    const done = await remove({})
    expect(done).toMatchObject({ isDryRun: false, projects: [{ project: 'default', runs: 1 }], failed: [] })
    expect(done.projects[0].bytes).toBeGreaterThan(0)
    expect(await whereSaid()).toEqual([])
    expect(await remove({})).toMatchObject({ projects: [] })

    const { run, verifyRun } = await stage.vera.read(READ, { id: runId })
    expect(verifyRun).toEqual({
      __typename: 'VerifyRunSuccess',
      isConsistent: true,
      differences: [],
      eventsChecked: before.length,
    })
    expect(run).toMatchObject({
      status: 'FAILED',
      title: 'a title',
      input: null,
      error: '(removed)',
      isResumable: false,
      nextAction: 'NONE',
      contentRemoval: { removedBy: 'local' },
      sessions: { nodes: [{ handle: null, transcript: { edges: [] } }] },
    })
    const artifacts = run.artifacts.edges.map(({ node }: Data) => node)
    expect(artifacts).toMatchObject([
      { isValid: true, content: null, contentRemoval: { removedBy: 'local' }, problems: [] },
      {
        isValid: false,
        content: null,
        contentRemoval: { removedBy: 'local' },
        problems: [{ message: '(removed)' }],
      },
    ])
    expect(artifacts[1].sha256).toBe(createHash('sha256').update(`"${SECRET}"`).digest('hex'))
    expect(run.messages.edges[0].node).toEqual({ text: '(removed)', status: 'UNDELIVERED' })

    // the log is as long as before, says the same of what happened, and has the hash of each payload that it lost
    const after = await stage.vera.log(runId)
    expect(after.map(({ seq, type }: Data) => [seq, type])).toEqual(
      log.map(({ seq, type }: Data) => [seq, type]),
    )
    const { rows: hashes } = await sql.query(
      'SELECT seq, payload_sha256 AS hash, request FROM event WHERE run_id = $1 ORDER BY seq',
      [runId],
    )
    for (const [index, { hash }] of hashes.entries()) {
      const whole = canonicalJson(before[index].payload)
      if (whole.includes(SECRET)) expect(hash).toBe(createHash('sha256').update(whole).digest('hex'))
    }

    // its keys are still known (G7)
    const { send } = stage.wanda
    expect(await send('startRun', start)).toMatchObject({ isReplayed: true, run: { id: runId } })
    expect(await send('startRun', { ...start, input: { task: ['another'] } })).toMatchObject({
      __typename: 'IdempotencyMismatch',
      differingPaths: ['input'],
    })

    // nothing follows
    expect(await stage.olga.send('resumeRun', { runId })).toMatchObject({
      __typename: 'NotResumable',
      because: 'CONTENT_REMOVED',
    })
    expect(await stage.olga.must('cancelRun', { runId })).toMatchObject({ hasChanged: false })
    const entries = [{ message: { text: SECRET } }]
    expect(
      await stage.wanda.send('appendTranscript', { sessionId, fence: 1, fromSeq: 3, entries }),
    ).toMatchObject({ __typename: 'NotFound' })

    // streams end with what is true
    const settled = `subscription ($id: ID!) { runEventAppended(runId: $id, until: SETTLED) { seq type } }`
    expect(await stage.vera.follow(settled, { id: runId })).toHaveLength(log.length)
    for (const field of ['runEventAppended(runId: $id)', 'runChanged(runId: $id)']) {
      const frames = await stage.vera.follow(`subscription ($id: ID!) { ${field} { __typename } }`, {
        id: runId,
      })
      expect(frames.length).toBeGreaterThan(0)
    }
    const query = 'subscription ($id: ID!) { transcriptEntryAppended(sessionId: $id) { seq } }'
    await expect(stage.vera.follow(query, { id: sessionId })).rejects.toThrow('CONTENT_REMOVED')
    await stage.olga.must('deleteRun', { runId })
  })

  it('is chosen by project and age, in portions, and once by whoever is first', async () => {
    const ours = [await tellEverything('ours'), await tellEverything('ours')]
    const theirs = await tellEverything('theirs')
    await stage.wanda.must('startRun', { workflow: 'kept', project: 'ours', input: SECRET })
    const page = await remove({ project: 'ours', first: 1 })
    expect(page).toMatchObject({ projects: [{ project: 'ours', runs: 1 }], pageInfo: { hasNextPage: true } })
    const rest = await Promise.all(
      Array.from({ length: 6 }, () => remove({ project: 'ours', after: page.pageInfo.endCursor })),
    )
    expect(rest.flatMap(({ projects, failed }) => [...projects, ...failed]).map(({ runs }) => runs)).toEqual([
      1,
    ])
    const removedOf = async ({ runId }: { runId: string }) =>
      (
        await stage.vera.read('query ($id: ID!) { run(id: $id) { contentRemoval { removedBy } } }', {
          id: runId,
        })
      ).run.contentRemoval
    for (const each of ours) expect(await removedOf(each)).toEqual({ removedBy: 'local' })
    expect(await removedOf(theirs)).toBeNull()

    const { secret } = await stage.adam.must('createToken', {
      principal: { name: 'of ours' },
      role: 'ADMIN',
      projects: ['ours'],
    })
    const bound = stage.join(secret)
    expect(await bound.must('removeContent', { olderThanSeconds: 0 })).toMatchObject({ projects: [] })
    const { errors } = await ask(
      stage.server,
      'mutation { removeContent(input: { olderThanSeconds: 0 }) { __typename } }',
      { token: stage.server.adminToken },
    )
    expect(errors).toBeUndefined()
    expect(await stage.adam.send('removeContent', {})).toMatchObject({ __typename: 'InvalidInput' })
    expect(await stage.olga.send('removeContent', { olderThanSeconds: 0 })).toMatchObject({
      __typename: 'Forbidden',
    })
  })
})
