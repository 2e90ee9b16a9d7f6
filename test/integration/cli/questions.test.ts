import { createPawl, unwrap } from '@pawl/sdk'
import type { ApprovalDetail, Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
})
afterAll(async () => {
  await server.stop()
})

const FORM = {
  type: 'object',
  properties: {
    colour: { type: 'string', enum: ['red', 'green'] },
    copies: { type: 'integer', minimum: 1 },
    urgent: { type: 'boolean' },
  },
  required: ['colour'],
}
const QUESTION = {
  kind: 'QUESTION',
  gate: 'print',
  question: 'How is it printed?',
  answerSchema: FORM,
} as const
const PERMISSION = {
  kind: 'PERMISSION',
  gate: 'npm',
  question: 'May it run npm?',
  permission: { kind: 'EXECUTE', program: 'npm', path: '/srv' },
} as const

/** Has the agent of a run ask; returns the id of the approval, and a look at it. */
async function ask(question: Omit<typeof QUESTION, 'answerSchema'> | typeof PERMISSION) {
  const claim = { owner: 'asker', leaseSeconds: 600, kinds: ['PERMISSION', 'QUESTION'] as const }
  const { run } = unwrap(
    await pawl.runs.start({ workflow: 'review', claim: { ...claim, kinds: [...claim.kinds] } }),
  )
  const fence = run.lease?.fence ?? 0
  const { session } = unwrap(
    await pawl.sessions.open(run.id, { fence, role: 'reviewer', adapter: 'process' }),
  )
  const { approval } = unwrap(
    await pawl.approvals.request(run.id, { ...question, fence, sessionId: session.id, onExpiry: 'CONTINUE' }),
  )
  const look = () => pawl.approvals.get(approval.id) as Promise<ApprovalDetail>
  return { id: approval.id, runId: run.id, look }
}

it('shows a permission with what it is bound to, and decides it', async () => {
  for (const [flag, status] of [
    ['--allow', 'ALLOWED'],
    ['--always', 'ALLOWED_ALWAYS'],
    ['--deny', 'DENIED'],
  ] as const) {
    const { id, runId, look } = await ask(PERMISSION)
    const { stdout } = await cli.run(['approval', 'show', id])
    for (const shown of ['PERMISSION', 'May it run npm?', 'EXECUTE', 'program npm', 'path /srv'])
      expect(stdout).toContain(shown)
    const decided = await cli.run(['approval', 'decide', id, flag, '--comment', 'by hand'])
    expect(decided).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id}  ${status}`) })
    expect(await look()).toMatchObject({ status, comment: 'by hand' })
    expect((await pawl.runs.get(runId))?.status).toBe('RUNNING')
  }
})

it.each([
  [['--answer', 'colour=red'], { colour: 'red' }],
  [
    ['--answer', 'colour=green', '--answer', 'copies=2', '--answer', 'urgent=yes'],
    { colour: 'green', copies: 2, urgent: true },
  ],
  [['--answer', '{"colour":"red","copies":3}'], { colour: 'red', copies: 3 }],
])('answers a question by %j', async (words, answer) => {
  const { id, look } = await ask(QUESTION)
  expect(await cli.run(['approval', 'decide', id, ...words])).toMatchObject({ code: 0 })
  expect(await look()).toMatchObject({ status: 'ANSWERED', answer })
})

it('answers with any text, commas and all, where one text is asked for', async () => {
  const { answerSchema: _, ...question } = QUESTION
  const { id, look } = await ask(question)
  expect(await cli.run(['approval', 'decide', id, '--answer', 'red, or = green'])).toMatchObject({ code: 0 })
  expect(await look()).toMatchObject({ status: 'ANSWERED', answer: { answer: 'red, or = green' } })
})

it('asks a question, and waits for its answer while the run stays with its owner', async () => {
  const kinds = ['PERMISSION', 'QUESTION'] as const
  const claim = { owner: 'asker', leaseSeconds: 600, kinds: [...kinds] }
  const { run } = unwrap(await pawl.runs.start({ workflow: 'review', claim }))
  const fence = String(run.lease?.fence)
  const schema = JSON.stringify(FORM)
  const words = ['approval', 'request', 'How?', '--run', run.id, '--fence', fence, '--answer', schema]
  const asking = cli.json([...words, '--wait', '60s'])
  const asked = await findAsked(run.id)
  expect(asked).toMatchObject({ kind: 'QUESTION', question: 'How?', answerSchema: FORM })
  expect(await pawl.runs.get(run.id)).toMatchObject({ lease: { owner: 'asker' } })
  expect(await cli.run(['approval', 'decide', asked.id, '--answer', 'colour=red'])).toMatchObject({ code: 0 })
  expect(await asking).toMatchObject({ code: 0, answer: { status: 'ANSWERED', answer: { colour: 'red' } } })
})

/** The question of a run, as soon as it is asked. */
async function findAsked(runId: string) {
  for await (const event of pawl.runs.events(runId))
    if (event.type === 'APPROVAL_REQUESTED')
      return (await pawl.approvals.get(event.payload.id)) as ApprovalDetail
  throw new Error('nothing was asked')
}

it('declines a question', async () => {
  const { id, look } = await ask(QUESTION)
  expect(await cli.run(['approval', 'decide', id, '--decline'])).toMatchObject({ code: 0 })
  expect((await look()).status).toBe('DECLINED')
})

it.each([
  [['--answer', 'size=big'], 2, /--answer colour=… --answer copies=… --answer urgent=…/],
  [['--answer', 'colour=red', '--answer', 'copies=many'], 2, /copies is a number, not many/],
  [['--answer', 'colour=blue'], 7, /InvalidInput.*colour/s],
  [['--answer', 'copies=1'], 7, /InvalidInput.*colour/s],
  [['--allow'], 7, /WrongDecision/],
  [['--allow', '--deny'], 2, /cannot be used with/],
])('refuses %j and leaves the question open', async (words, code, message) => {
  const { id, look } = await ask(QUESTION)
  const refused = await cli.run(['approval', 'decide', id, ...words])
  expect(refused).toMatchObject({ code, stderr: expect.stringMatching(message) })
  expect((await look()).status).toBe('PENDING')
})
