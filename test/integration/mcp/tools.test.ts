import type { Client } from '@modelcontextprotocol/client'
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { callTool, ClaimedRuns, connectMcp } from '../../support/mcp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const WORKFLOW = {
  name: 'report',
  version: 1,
  initialPhase: 'facts',
  completeRoundAt: 'text',
  maxRounds: 2,
  phases: [
    {
      key: 'facts',
      next: ['read'],
      artifact: {
        path: 'facts.json',
        mediaType: 'application/json',
        schema: { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } },
      },
    },
    { key: 'read', next: ['text'] },
    { key: 'text', next: ['done'], approval: { gate: 'text', question: 'Is the text right?' } },
    { key: 'done', final: true },
  ],
} as const

const ROUNDS = {
  name: 'rounds-of-one',
  version: 1,
  initialPhase: 'work',
  completeRoundAt: 'work',
  phases: [{ key: 'work', final: true }],
} as const

let server: TestServer
let runs: ClaimedRuns
beforeAll(async () => {
  server = await startTestServer()
  runs = new ClaimedRuns(server)
  for (const definition of [WORKFLOW, ROUNDS]) unwrap(await runs.admin.workflows.register(definition))
})
afterAll(() => server.stop())

async function connect(token: string, mode?: 'auto' | 'legacy'): Promise<Client> {
  const client = await connectMcp(server, token, mode)
  onTestFinished(() => client.close())
  return client
}

async function agent(workflow = 'report') {
  const started = await runs.start(workflow)
  return { ...started, client: await connect(started.token) }
}

describe('the tools of an agent', () => {
  it.each(['auto', 'legacy'] as const)(
    'are listed with schemas and hints, in the %s revision of the protocol',
    async (mode) => {
      const { token } = await runs.start('report')
      const client = await connect(token, mode)
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toEqual([
        'pawl_state',
        'pawl_phase_start',
        'pawl_phase_advance',
        'pawl_artifact_submit',
        'pawl_messages',
        'pawl_ask',
        'pawl_approval_request',
        'pawl_round_complete',
        'pawl_run_complete',
        'pawl_run_fail',
      ])
      for (const tool of tools) {
        expect(tool.outputSchema).toMatchObject({ type: 'object', required: ['ok', 'say'] })
        expect(tool.annotations).toMatchObject({ openWorldHint: false })
      }
      expect(tools[0]?.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false })
      expect(client.getInstructions()).toContain('pawl_state')
      expect(await callTool(client, 'pawl_state')).toMatchObject({ isError: false })
    },
  )

  it('lead from the first phase to COMPLETED by what each answer says', async () => {
    const { run, client } = await agent()
    const state = await callTool(client, 'pawl_state')
    expect(state.result).toMatchObject({
      runId: run.id,
      status: 'RUNNING',
      phase: { key: 'facts', artifact: { path: 'facts.json' } },
      mayFollow: ['read'],
      next: { tool: 'pawl_phase_start {"phase":"facts"}' },
    })
    expect((await callTool(client, 'pawl_phase_start', { phase: 'facts' })).result).toMatchObject({
      phase: { key: 'facts', status: 'RUNNING', attempts: 1 },
    })
    expect((await callTool(client, 'pawl_state')).result['next']).toEqual({
      say: 'do the work of facts, then submit facts.json',
      tool: 'pawl_artifact_submit {"phase":"facts","path":"facts.json"}',
    })

    const early = await callTool(client, 'pawl_phase_advance', { to: 'read' })
    expect(early).toMatchObject({
      isError: true,
      refusal: { type: expect.stringMatching(/NotCompletable|IllegalTransition/) },
    })

    const file = { phase: 'facts', path: 'facts.json' }
    const wrong = await callTool(client, 'pawl_artifact_submit', { ...file, content: '{"count":"many"}' })
    expect(wrong).toMatchObject({ isError: true, result: { isValid: false, phase: { status: 'RUNNING' } } })
    expect(wrong.say).toMatch(/Correct it and submit it again.*count/)
    const right = await callTool(client, 'pawl_artifact_submit', { ...file, content: '{"count":3}' })
    expect(right).toMatchObject({ isError: false, result: { isValid: true, phase: { status: 'COMPLETED' } } })

    expect((await callTool(client, 'pawl_phase_advance', { to: 'read' })).result).toMatchObject({
      phase: { key: 'read' },
    })
    await callTool(client, 'pawl_phase_start', { phase: 'read' })
    await callTool(client, 'pawl_phase_advance', { to: 'text' })
    await callTool(client, 'pawl_phase_start', { phase: 'text' })
    expect((await callTool(client, 'pawl_state')).result['next']).toMatchObject({
      tool: 'pawl_approval_request {"phase":"text"}',
    })
    const asked = await callTool(client, 'pawl_approval_request', { phase: 'text' })
    expect(asked).toMatchObject({ isError: false, result: { gate: 'text', question: 'Is the text right?' } })
    expect(asked.say).toContain('Stop working')
    expect((await runs.admin.runs.get(run.id))?.status).toBe('AWAITING_APPROVAL')
  })

  it('complete rounds and the run, once', async () => {
    const { run, client } = await agent('rounds-of-one')
    await callTool(client, 'pawl_phase_start', { phase: 'work' })
    const round = await callTool(client, 'pawl_round_complete', { summary: { found: 1 } })
    expect(round).toMatchObject({ isError: false, say: expect.stringContaining('Round 1 is complete') })
    const done = await callTool(client, 'pawl_run_complete', { output: { found: 1 } })
    expect(done).toMatchObject({ isError: false, result: { isCompleted: true, hasChanged: true } })
    expect(await runs.admin.runs.get(run.id)).toMatchObject({ status: 'COMPLETED', output: { found: 1 } })
    // the claim is over: only what it did itself is confirmed
    expect(await callTool(client, 'pawl_run_complete', { output: { found: 1 } })).toMatchObject({
      isError: false,
      result: { hasChanged: false },
    })
  })

  it('fail the run with a reason', async () => {
    const { run, client } = await agent()
    const failed = await callTool(client, 'pawl_run_fail', { error: 'there are no facts' })
    expect(failed).toMatchObject({ isError: false, say: 'The run is failed: stop working.' })
    expect(await runs.admin.runs.get(run.id)).toMatchObject({ status: 'FAILED', error: 'there are no facts' })
  })

  it('show messages until they are acknowledged', async () => {
    const { run, client } = await agent()
    const { runMessage: sent } = unwrap(await runs.admin.messages.send(run.id, 'leave the tests alone'))
    expect((await callTool(client, 'pawl_state')).result['messages']).toMatchObject([{ id: sent.id }])
    const shown = await callTool(client, 'pawl_messages')
    expect(shown.say).toContain('leave the tests alone')
    const after = await callTool(client, 'pawl_messages', { acknowledge: [sent.id] })
    expect(after).toMatchObject({ isError: false, result: { messages: [] } })
    const { nodes } = await runs.admin.messages.list(run.id)
    expect(nodes.map(({ status }) => status)).toEqual(['CONSUMED'])
    const unknown = await callTool(client, 'pawl_messages', {
      acknowledge: ['msg_00000000000000000000000000'],
    })
    expect(unknown).toMatchObject({ isError: true, refusal: { type: 'NotFound' } })
  })
})

describe('a question of an agent', () => {
  async function asking() {
    const { run, token } = await runs.start('report', ['QUESTION'])
    return { run, client: await connect(token) }
  }

  async function findAsked(runId: string) {
    const listed = async () => (await runs.admin.approvals.list({ runId })).nodes
    await expect.poll(async () => (await listed()).length).toBeGreaterThan(0)
    const [asked] = await listed()
    if (!asked) throw new Error('nothing was asked')
    return asked
  }

  it('waits for the answer of a person, by its choices', async () => {
    const { run, client } = await asking()
    const waiting = callTool(client, 'pawl_ask', {
      question: 'Which colour?',
      choices: ['red', 'blue'],
      seconds: 50,
    })
    const { id, digest, kind } = await findAsked(run.id)
    expect(kind).toBe('QUESTION')
    const operator = await connect(server.adminToken)
    const decision = { approvalId: id, digest, decision: 'ANSWER' }
    const wrong = await callTool(operator, 'pawl_approval_decide', {
      ...decision,
      answer: { answer: 'green' },
    })
    expect(wrong).toMatchObject({ isError: true, refusal: { type: 'InvalidInput' } })
    const right = { ...decision, answer: { answer: 'red' }, comment: 'a dark one' }
    expect(await callTool(operator, 'pawl_approval_decide', right)).toMatchObject({ isError: false })
    const answered = await waiting
    expect(answered.result).toMatchObject({ handle: id, status: 'ANSWERED', answer: { answer: 'red' } })
    expect(answered.say).toMatch(/answered: \{"answer":"red"\}.*a dark one/)
    expect((await runs.admin.runs.get(run.id))?.status).toBe('RUNNING')
  })

  it('is waited for again by its handle, or by the same words', async () => {
    const { run, client } = await asking()
    const short = await callTool(client, 'pawl_ask', { question: 'Shall I go on?', seconds: 1 })
    expect(short).toMatchObject({ isError: false, result: { status: 'PENDING', answer: null } })
    const { handle } = short.result as { handle: string }
    expect(short.say).toContain(handle)
    const same = await callTool(client, 'pawl_ask', { question: 'Shall I go on?', seconds: 1 })
    expect(same.result['handle']).toBe(handle)
    const second = await callTool(client, 'pawl_ask', { question: 'And then?', seconds: 1 })
    expect(second).toMatchObject({ isError: true, refusal: { type: 'RunNotActive' } })
    const { digest } = await findAsked(run.id)
    unwrap(await runs.admin.approvals.decide(handle, { decision: 'DECLINE', digest }))
    const declined = await callTool(client, 'pawl_ask', { handle })
    expect(declined).toMatchObject({ isError: false, result: { status: 'DECLINED' } })
    expect(declined.say).toContain('continue as well as you can')
  })

  it('is refused where nobody could keep the run in the meantime, or it is none', async () => {
    const { client } = await agent()
    const unknown = await callTool(client, 'pawl_ask', { question: 'Which?', seconds: 1 })
    expect(unknown).toMatchObject({ isError: true, refusal: { type: 'InvalidInput' } })
    const result = await client.callTool({ name: 'pawl_ask', arguments: {} })
    expect(result.isError).toBe(true)
    expect(JSON.stringify(result.content)).toContain('either a question or a handle')
    const missing = await callTool(client, 'pawl_ask', {
      handle: 'apr_00000000000000000000000000',
      seconds: 1,
    })
    expect(missing).toMatchObject({ isError: true, refusal: { type: 'NotFound' } })
  })
})

describe('a refusal', () => {
  it('carries the fields of the API, and says what to do', async () => {
    const { client } = await agent()
    const incomplete = await callTool(client, 'pawl_run_complete')
    expect(incomplete).toMatchObject({ isError: true, refusal: { type: 'NotCompletable' } })
    expect(incomplete.refusal?.['missing']).toEqual(
      expect.arrayContaining([expect.objectContaining({ phase: 'facts' })]),
    )
    expect(incomplete.say).toContain('Do what is missing first.')
    const unknown = await callTool(client, 'pawl_phase_start', { phase: 'facst' })
    expect(unknown).toMatchObject({
      isError: true,
      refusal: { type: 'UnknownPhase', known: expect.arrayContaining(['facts']) },
    })
    const illegal = await callTool(client, 'pawl_phase_advance', { to: 'done' })
    expect(illegal).toMatchObject({ isError: true, refusal: { type: 'IllegalTransition' } })
  })

  it('names a wrong argument', async () => {
    const { client } = await agent()
    const wrong = await callTool(client, 'pawl_phase_start', { phase: '', also: 1 })
    expect(wrong).toMatchObject({
      isError: true,
      refusal: {
        type: 'InvalidInput',
        issues: expect.arrayContaining([expect.objectContaining({ path: ['phase'] })]),
      },
    })
    expect(wrong.say).toMatch(/arguments of pawl_phase_start are wrong.*phase.*also.*Correct them/s)
  })

  it('tells an agent whose run has another owner to stop', async () => {
    const { run, fence, client } = await agent()
    unwrap(await runs.admin.runs.release(run.id, { fence }))
    unwrap(await runs.admin.runs.claim({ runId: run.id, owner: 'another' }))
    const late = await callTool(client, 'pawl_phase_start', { phase: 'facts' })
    expect(late).toMatchObject({ isError: true, refusal: { type: 'LeaseLost' } })
    expect(late.say).toContain('Stop working on this run')
    // it reads nothing of it any more
    const state = await callTool(client, 'pawl_state')
    expect(state).toMatchObject({ isError: true, refusal: { type: 'UNAUTHENTICATED' } })
    expect(JSON.stringify(state)).not.toContain('another')
  })

  it('tells an agent of a settled run to stop', async () => {
    const { run, client } = await agent()
    unwrap(await runs.admin.runs.cancel(run.id))
    unwrap(await runs.admin.runs.confirmCancel(run.id, { fence: 1 }))
    const late = await callTool(client, 'pawl_artifact_submit', {
      phase: 'facts',
      path: 'facts.json',
      content: '{}',
    })
    expect(late.isError).toBe(true)
    expect(late.say).toMatch(/[Ss]top working/)
  })
})

describe('the tools of other programs', () => {
  it('start, list, show, wait for, and cancel runs', async () => {
    const { secret } = await server.createToken({ role: 'OPERATOR' })
    const client = await connect(secret)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'pawl_run_start',
      'pawl_run_list',
      'pawl_run_get',
      'pawl_run_wait',
      'pawl_run_cancel',
      'pawl_approval_decide',
    ])
    const given = {
      workflow: 'report',
      title: 'From an editor',
      input: { about: 'ships' },
      idempotencyKey: 'one',
    }
    const started = await callTool(client, 'pawl_run_start', given)
    const { runId } = started.result as { runId: string }
    expect((await callTool(client, 'pawl_run_start', given)).result['runId']).toBe(runId)
    expect(
      (await callTool(client, 'pawl_run_list', { text: 'editor', status: ['QUEUED'] })).result,
    ).toMatchObject({
      runs: [{ runId, title: 'From an editor', status: 'QUEUED' }],
      next: null,
    })
    expect((await callTool(client, 'pawl_run_get', { runId })).result).toMatchObject({
      input: { about: 'ships' },
      next: { say: 'it waits for an owner', tool: null },
    })
    const short = await callTool(client, 'pawl_run_wait', { runId, seconds: 1 })
    expect(short.result).toMatchObject({ isReached: false, status: 'QUEUED' })
    const waiting = callTool(client, 'pawl_run_wait', { runId, seconds: 50 })
    const cancelled = await callTool(client, 'pawl_run_cancel', { runId, comment: 'not needed' })
    expect(cancelled.result).toMatchObject({ status: 'CANCELLED', hasChanged: true })
    expect((await waiting).result).toMatchObject({ isReached: true, status: 'CANCELLED' })
    expect((await callTool(client, 'pawl_run_cancel', { runId })).result).toMatchObject({ hasChanged: false })
  })

  it('wait for a question, and decide it as it was shown', async () => {
    const { run, fence } = await runs.start('report')
    const client = await connect(server.adminToken)
    const waiting = callTool(client, 'pawl_run_wait', { runId: run.id, until: 'DECISION', seconds: 50 })
    unwrap(await runs.admin.approvals.request(run.id, { gate: 'scope', question: 'All of it?', fence }))
    expect((await waiting).result).toMatchObject({ isReached: true, status: 'AWAITING_APPROVAL' })
    const { approval } = (await callTool(client, 'pawl_run_get', { runId: run.id })).result as {
      approval: { id: string; digest: string }
    }
    const decision = { approvalId: approval.id, decision: 'APPROVE' }
    const stale = await callTool(client, 'pawl_approval_decide', { ...decision, digest: 'x'.repeat(64) })
    expect(stale).toMatchObject({ isError: true, refusal: { type: 'StaleDigest' } })
    const decided = await callTool(client, 'pawl_approval_decide', { ...decision, digest: approval.digest })
    expect(decided).toMatchObject({ isError: false, result: { status: 'APPROVED', run: { runId: run.id } } })
    const again = await callTool(client, 'pawl_approval_decide', {
      ...decision,
      decision: 'REJECT',
      digest: approval.digest,
    })
    expect(again).toMatchObject({ isError: true, refusal: { type: 'AlreadyDecided' } })
  })

  it('refuse a token that may only look', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER' })
    const client = await connect(secret)
    expect(await callTool(client, 'pawl_run_start', { workflow: 'report' })).toMatchObject({
      isError: true,
      refusal: { type: 'Forbidden' },
    })
    expect(await callTool(client, 'pawl_run_get', { runId: 'run_00000000000000000000000000' })).toMatchObject(
      {
        isError: true,
        refusal: { type: 'RUN_NOT_FOUND' },
      },
    )
  })
})
