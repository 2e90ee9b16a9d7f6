import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TABLES } from '../../../src/store/generated/tables.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { openStage, type Stage } from '../scenarios/stage.ts'
import { ask } from '../../support/server.ts'
import { define } from '../../support/workflows.ts'

const WORKFLOW = define({
  name: 'errand',
  initialPhase: 'go',
  phases: [
    { key: 'go', next: ['home'], artifact: { path: 'out.json' } },
    { key: 'home', final: true },
  ],
})

let database: TestDatabase
/** The session by which a server of the first releases listens. */
let older: Client
let stage: Stage
beforeAll(async () => {
  database = await createTestDatabase()
  older = new Client({ ...database.poolConfig, application_name: 'pawl signals' })
  await older.connect()
  stage = await openStage([WORKFLOW], { database })
})
afterAll(async () => {
  await stage.end()
  await database.drop()
})

/** A run with something in every table. */
async function tellStory(): Promise<string> {
  const { wanda, olga, adam } = stage
  await adam.must('createToken', { principal: { name: `guest ${crypto.randomUUID()}` }, role: 'VIEWER' })
  const { run: parent } = await olga.must('startRun', { workflow: 'errand' })
  const { run } = await olga.must('startRun', { workflow: 'errand', parentRunId: parent.id })
  const { lease } = await wanda.must('claimRun', { runId: run.id, owner: 'wanda', leaseSeconds: 600 })
  const held = { runId: run.id, fence: lease.fence }
  await wanda.must('startPhase', { ...held, phase: 'go' })
  await wanda.must('startExecution', { ...held, command: 'agent' })
  const { session } = await wanda.must('openSession', { ...held, role: 'writer', adapter: 'a' })
  const entries = [{ prompt: { text: 'go' } }, { message: { text: 'gone' } }]
  await wanda.must('appendTranscript', { sessionId: session.id, fence: lease.fence, fromSeq: 1, entries })
  await olga.must('sendMessage', { runId: run.id, text: 'well?' })
  await wanda.must('recordWorkspace', {
    ...held,
    host: 'anvil',
    kind: 'DIRECTORY',
    path: `/${run.id}`,
  })
  await wanda.must('requestApproval', { ...held, gate: 'g', question: 'May I?' })
  const [asked] = (await olga.run(run.id)).approvals
  await olga.must('decideApproval', { approvalId: asked.id, digest: asked.digest, decision: 'APPROVE' })
  await wanda.must('submitArtifact', { ...held, phase: 'go', path: 'out.json', content: '{}' })
  await wanda.must('advancePhase', { ...held, to: 'home' })
  await wanda.must('completeRun', held)
  await olga.must('cancelRun', { runId: parent.id })
  await olga.must('startRun', { workflow: 'errand', continuesRunId: run.id })
  expect(await stage.vera.run(run.id)).toMatchObject({ status: 'COMPLETED' })
  return run.id
}

const kindsOf = async (runId: string): Promise<string[]> => {
  const { run } = await stage.vera.read(
    'query ($id: ID!) { run(id: $id) { sessions { nodes { transcript { nodes { kind text } } } } } }',
    { id: runId },
  )
  return run.sessions.nodes[0].transcript.nodes.map(
    ({ kind, text }: Record<string, string>) => `${kind} ${text}`,
  )
}

const remove = (input: object) =>
  ask(
    stage.server,
    'mutation ($input: RemoveContentInput!) { removeContent(input: $input) { ... on RemoveContentSuccess { failed projects { runs } } } }',
    {
      token: stage.server.adminToken,
      variables: { input: { olderThanSeconds: 0, isDryRun: false, ...input } },
    },
  )

it('writes nothing that a server of an earlier version can’t read, until that one is gone', async () => {
  const { logged } = stage.server
  expect(logged.some((line) => line.includes('server.upgrade_started'))).toBe(true)
  const early = await tellStory()
  expect(await kindsOf(early)).toEqual(['OUTPUT go', 'MESSAGE gone'])
  expect((await remove({})).errors).toMatchObject([
    { message: expect.stringContaining('older server'), extensions: { code: 'CONTENDED' } },
  ])
  expect((await remove({ isDryRun: true })).errors).toBeUndefined()
  expect(await kindsOf(early)).toHaveLength(2)

  await older.end()
  await expect.poll(() => logged.some((line) => line.includes('server.upgrade_completed'))).toBe(true)
  expect(await kindsOf(await tellStory())).toEqual(['PROMPT go', 'MESSAGE gone'])
  expect((await remove({})).data).toMatchObject({ removeContent: { failed: [] } })
  expect(await kindsOf(early)).toEqual([])
})

it('goes on while the migrations of a newer version add required columns to every table', async () => {
  await tellStory()
  for (const table of Object.keys(TABLES))
    await stage.server.store.pool.query(
      `ALTER TABLE "${table}" ADD COLUMN added_later INTEGER NOT NULL DEFAULT 0`,
    )
  await tellStory()
})
