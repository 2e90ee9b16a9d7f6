import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { passTime } from '../../support/passTime.ts'
import { runIn } from '../../support/runs.ts'
import { define, GATED, SOLO } from '../../support/workflows.ts'
import { findViolations, mistake, problem, send, succeeded, UNKNOWN_RUN } from './send.ts'

/** A workflow whose gate only some may open, and nobody for themselves. */
const GUARDED = define({
  name: 'guarded',
  initialPhase: 'plan',
  maxRework: 1,
  phases: [
    {
      key: 'plan',
      next: ['done'],
      approval: {
        gate: 'plan',
        question: 'Shall we?',
        approvers: ['olga', 'oscar'],
        allowSelfApproval: false,
      },
    },
    { key: 'done', final: true },
  ],
})

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, GATED, GUARDED] })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const UNKNOWN = 'apr_01jd0000000000000000000000'
const APPROVAL = `id gate kind status question payload digest attempt requestedBy requestedAt expiresAt onExpiry approvers
  isSelfApprovalAllowed decidedAt decidedBy comment phase { key status } run { id status }`
const REQUEST = `... on RequestApprovalSuccess { approval { ${APPROVAL} } run { id status currentPhase { status } } isReplayed }
  ... on IllegalTransition { fromPhase toPhase } ... on NotCompletable { missing { kind phase } } ... on RunNotActive { status }
  ... on UnknownPhase { phaseKey known } ... on LeaseLost { yourFence } ... on NotFound { kind id }
  ... on IdempotencyMismatch { differingPaths }`
const ABOUT = `{ approval { ${APPROVAL} } }`
const DECIDE = `... on DecideApprovalSuccess { approval { ${APPROVAL} } run { status currentPhase { key status error { code message } } sessions { nodes { status } } } isReplayed }
  ... on WrongDecision { allowedDecisions approval { id status } } ... on AlreadyDecided ${ABOUT} ... on ApprovalExpired ${ABOUT}
  ... on StaleDigest ${ABOUT} ... on NotFound { kind id } ... on RunNotActive { status }
  ... on IdempotencyMismatch { differingPaths }`

const ask = (input: object, as = worker): Promise<Data> =>
  send(graph, 'requestApproval', { gate: 'ship', question: 'Ship it?', ...input }, REQUEST, as)
const decide = (input: object, as = operator): Promise<Data> =>
  send(graph, 'decideApproval', input, DECIDE, as)

/** A run at work in its first phase, held under fence 1. */
async function atWork(workflow = 'solo', phase = 'work', overrides = {}): Promise<string> {
  const { id: runId } = await runIn(graph, 'RUNNING', { workflow, leaseSeconds: 600, ...overrides })
  succeeded(await graph.mutate('startPhase', { runId, phase, fence: 1 }, ''))
  return runId
}

/** The approval that a run at work asks for. */
const asked = async (input: object = {}, as = worker): Promise<Data> =>
  succeeded(await ask({ runId: await atWork(), fence: 1, ...input }, as)).approval

/** The answer to it that fits. */
const answer = ({ id, digest }: Data, decision: string, rest: object = {}) => ({
  approvalId: id,
  digest,
  decision,
  ...rest,
})

describe('requestApproval', () => {
  it('asks a person about the run, which waits', async () => {
    const runId = await atWork()
    const input = {
      runId,
      fence: 1,
      payload: { risk: ['high'] },
      expiresInSeconds: 60,
      approvers: ['olga', 'olga'],
    }
    expect(await ask(input)).toEqual({
      __typename: 'RequestApprovalSuccess',
      isReplayed: false,
      run: { id: runId, status: 'AWAITING_APPROVAL', currentPhase: { status: 'RUNNING' } },
      approval: {
        id: expect.stringMatching(/^apr_/),
        gate: 'ship',
        kind: 'REVIEW',
        status: 'PENDING',
        question: 'Ship it?',
        payload: { risk: ['high'] },
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        attempt: null,
        requestedBy: 'wanda',
        requestedAt: expect.stringMatching(/Z$/),
        expiresAt: expect.stringMatching(/Z$/),
        onExpiry: 'WAIT',
        approvers: ['olga'],
        isSelfApprovalAllowed: true,
        decidedAt: null,
        decidedBy: null,
        comment: null,
        phase: null,
        run: { id: runId, status: 'AWAITING_APPROVAL' },
      },
    })
  })

  it('asks about the phase under way, once its file is there', async () => {
    const runId = await atWork('gated', 'plan')
    expect(await ask({ runId, fence: 1, phase: 'plan' })).toEqual(
      problem('NotCompletable', { missing: [{ kind: 'ARTIFACT', phase: 'plan' }] }),
    )
    expect(await ask({ runId, fence: 1, phase: 'plan', kind: 'RECOVERY' })).toMatchObject({
      run: { status: 'PAUSED' },
      approval: { kind: 'RECOVERY', attempt: 1, phase: { key: 'plan' } },
    })
  })

  it('answers its key with the first question, though that was answered long ago', async () => {
    const runId = await atWork()
    const input = { runId, fence: 1, idempotencyKey: 'ask-1' }
    const { approval } = succeeded(await ask(input))
    succeeded(await decide(answer(approval, 'APPROVE')))
    succeeded(await graph.mutate('failRun', { runId, fence: 1, error: 'x' }, ''))
    expect(await ask(input)).toMatchObject({
      isReplayed: true,
      approval: { id: approval.id, status: 'APPROVED' },
      run: { status: 'FAILED' },
    })
  })

  it('is refused out of place', async () => {
    const runId = await atWork('gated', 'plan')
    const input = { runId, fence: 1 }
    expect(await ask({ ...input, phase: 'done' })).toEqual(
      problem('IllegalTransition', { fromPhase: 'plan', toPhase: 'done' }),
    )
    expect(await ask({ ...input, phase: 'nope' })).toEqual(
      problem('UnknownPhase', { phaseKey: 'nope', known: ['plan', 'done'] }),
    )
    expect(await ask({ ...input, question: '' })).toEqual(mistake(['question']))
    expect(await ask({ ...input, expiresInSeconds: 0 })).toEqual(mistake(['expiresInSeconds']))
    expect(await ask({ ...input, approvers: [''] })).toMatchObject({ __typename: 'InvalidInput' })
    succeeded(await ask(input))
    expect(await ask(input)).toEqual(problem('RunNotActive', { status: 'AWAITING_APPROVAL' }))
  })
})

describe('decideApproval', () => {
  it('lets a run go on', async () => {
    const approval = await asked()
    expect(await decide(answer(approval, 'APPROVE', { comment: 'fine' }))).toEqual({
      __typename: 'DecideApprovalSuccess',
      isReplayed: false,
      approval: {
        ...approval,
        status: 'APPROVED',
        decidedAt: expect.stringMatching(/Z$/),
        decidedBy: 'olga',
        comment: 'fine',
        run: { id: approval.run.id, status: 'RUNNING' },
      },
      run: {
        status: 'RUNNING',
        currentPhase: { key: 'work', status: 'RUNNING', error: null },
        sessions: { nodes: [] },
      },
    })
  })

  it('answers once, and tells later ones what was decided', async () => {
    const approval = await asked()
    const approve = answer(approval, 'APPROVE', { idempotencyKey: 'decide-1' })
    const [one, other] = await Promise.all([decide(approve), decide(answer(approval, 'REJECT'))])
    const [won, lost] = one.__typename === 'DecideApprovalSuccess' ? [one, other] : [other, one]
    expect(lost).toEqual(problem('AlreadyDecided', { approval: { ...won.approval, run: expect.anything() } }))
    if (won !== one) return
    expect(await decide(approve)).toMatchObject({
      isReplayed: true,
      approval: { id: approval.id, status: 'APPROVED' },
    })
  })

  it('answers its key with the first decision', async () => {
    const approval = await asked()
    const reject = answer(approval, 'REJECT', { idempotencyKey: 'decide-2', comment: 'no' })
    const first = succeeded(await decide(reject))
    expect(await decide(reject)).toEqual({ ...first, isReplayed: true })
  })

  it('is about a phase at the gate that its workflow declares, and at no other', async () => {
    const runId = await atWork('guarded', 'plan')
    expect(await ask({ runId, fence: 1, phase: 'plan', gate: 'budget' })).toEqual(
      mistake(['gate'], /phase plan is approved at gate plan/),
    )
    const budget = succeeded(await ask({ runId, fence: 1, gate: 'budget' })).approval
    const { run } = succeeded(await decide(answer(budget, 'APPROVE')))
    expect(run.currentPhase).toMatchObject({ key: 'plan', status: 'RUNNING' })
    const declared = succeeded(await ask({ runId, fence: 1, phase: 'plan', gate: 'plan' })).approval
    expect(declared).toMatchObject({ question: 'Shall we?', approvers: ['olga', 'oscar'] })
  })

  it('sends a phase back, and fails the run where that was too often', async () => {
    const runId = await atWork('guarded', 'plan')
    for (const [status, phase] of [
      ['RUNNING', { status: 'FAILED', error: { code: 'REJECTED', message: 'too vague' } }],
      ['FAILED', { status: expect.any(String), error: expect.anything() }],
    ] as const) {
      const { approval } = succeeded(await ask({ runId, fence: 1, phase: 'plan', gate: 'plan' }))
      const decided = await decide(answer(approval, 'REJECT', { comment: 'too vague' }))
      expect(decided).toMatchObject({ approval: { status: 'REJECTED' }, run: { status } })
      if (status === 'FAILED') continue
      expect(decided.run.currentPhase).toMatchObject(phase)
      succeeded(await graph.mutate('startPhase', { runId, phase: 'plan', fence: 1 }, ''))
    }
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { reason } }', { id: runId })
    expect(run.reason).toBe('APPROVAL_REJECTED')
  })

  it('is refused where it does not fit what is asked', async () => {
    const approval = await asked()
    expect(await decide(answer(approval, 'RETRY'))).toEqual(
      problem('WrongDecision', {
        allowedDecisions: ['APPROVE', 'REJECT'],
        approval: { id: approval.id, status: 'PENDING' },
      }),
    )
    expect(await decide({ ...answer(approval, 'APPROVE'), digest: 'of something else' })).toEqual(
      problem('StaleDigest', { approval }),
    )
    expect(await decide({ approvalId: UNKNOWN, digest: 'x', decision: 'APPROVE' })).toEqual(
      problem('NotFound', { kind: 'APPROVAL', id: UNKNOWN }),
    )
    expect(await decide({ approvalId: approval.run.id, digest: 'x', decision: 'APPROVE' })).toEqual(
      problem('NotFound', { kind: 'APPROVAL', id: approval.run.id }),
    )
    expect(await decide(answer(approval, 'APPROVE', { comment: 'x'.repeat(10_001) }))).toEqual(
      mistake(['comment']),
    )
  })

  it('is a matter of persons: no worker decides, no agent, no viewer', async () => {
    const approval = await asked()
    for (const as of [worker, graph.callers.viewer, agentOf(approval.run.id, 1)])
      expect(await decide(answer(approval, 'APPROVE'), as)).toEqual(
        problem('Forbidden', { requiredRole: 'OPERATOR' }),
      )
    expect(await decide(answer(approval, 'APPROVE'), { ...operator, projects: ['other'] })).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    expect(await decide(answer(approval, 'APPROVE'), graph.callers.admin)).toMatchObject({
      approval: { decidedBy: 'adam' },
    })
  })

  it('is left to those who are named, and not to who asked', async () => {
    const named = await asked({ approvers: ['oscar'] })
    expect(await decide(answer(named, 'APPROVE'))).toEqual(problem('Forbidden', { requiredRole: null }))
    expect(await decide(answer(named, 'APPROVE'), { ...operator, name: 'oscar' })).toMatchObject({
      approval: { decidedBy: 'oscar' },
    })
    const own = await asked({ isSelfApprovalAllowed: false }, graph.callers.admin)
    expect(await decide(answer(own, 'APPROVE'), graph.callers.admin)).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    expect(await decide(answer(own, 'APPROVE'))).toMatchObject({ approval: { status: 'APPROVED' } })
  })

  it('is for nobody who started the run or claimed it, where its agent asks, by whatever token', async () => {
    const admin = graph.callers.admin
    for (const [by, problemOf] of [
      [{ ...operator, principalId: worker.principalId }, /hold or held the run/],
      [{ ...operator, principalId: admin.principalId }, /started the run/],
    ] as const) {
      const runId = await atWork()
      const question = { runId, isSelfApprovalAllowed: false }
      const { approval } = succeeded(await ask(question, agentOf(runId, 1)))
      const refused = await graph.mutate(
        'decideApproval',
        answer(approval, 'APPROVE'),
        '... on Problem { message }',
        {
          as: by,
        },
      )
      expect(refused).toMatchObject({ __typename: 'Forbidden', message: expect.stringMatching(problemOf) })
      const offered = await graph.read(
        'query ($id: ID!) { run(id: $id) { allowedCommands } }',
        { id: runId },
        { as: by },
      )
      expect(offered.run.allowedCommands).not.toContain('DECIDE_APPROVAL')
      expect(await decide(answer(approval, 'APPROVE'))).toMatchObject({ approval: { status: 'APPROVED' } })
    }
  })

  it('is for nobody who held the run before, in the same epoch', async () => {
    const runId = await atWork()
    succeeded(await graph.mutate('releaseRun', { runId, fence: 1 }, '', { as: worker }))
    const claim = { runId, owner: 'adam', leaseSeconds: 600 }
    succeeded(await graph.mutate('claimRun', claim, '', { as: { ...worker, principalId: 'prn_other' } }))
    const question = { runId, fence: 2, isSelfApprovalAllowed: false }
    const { approval } = succeeded(await ask(question, { ...worker, principalId: 'prn_other' }))
    const held = { ...operator, principalId: worker.principalId }
    expect(await decide(answer(approval, 'APPROVE'), held)).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    expect(await decide(answer(approval, 'APPROVE'))).toMatchObject({ approval: { status: 'APPROVED' } })
  })

  it('comes too late for an approval that has expired', async () => {
    const approval = await asked({ expiresInSeconds: 30, onExpiry: 'REJECT' })
    await passTime(graph.store, approval.run.id, 60)
    expect(await decide(answer(approval, 'APPROVE'))).toMatchObject(
      problem('ApprovalExpired', { approval: { id: approval.id, status: 'EXPIRED', decidedBy: 'system' } }),
    )
    const waits = await asked({ expiresInSeconds: 30 })
    await passTime(graph.store, waits.run.id, 60)
    expect(await decide(answer(waits, 'APPROVE'))).toMatchObject({ approval: { status: 'APPROVED' } })
  })

  it('is refused for a run that settled in the meantime', async () => {
    const approval = await asked()
    const runId = approval.run.id
    succeeded(await graph.mutate('cancelRun', { runId }, ''))
    expect(await decide(answer(approval, 'APPROVE'))).toEqual(
      problem('RunNotActive', { status: 'CANCELLING' }),
    )
    succeeded(await graph.mutate('confirmCancel', { runId, fence: 1 }, ''))
    expect(await decide(answer(approval, 'APPROVE'))).toEqual(
      problem('RunNotActive', { status: 'CANCELLED' }),
    )
    const { node } = await graph.read('query ($id: ID!) { node(id: $id) { ... on Approval { status } } }', {
      id: approval.id,
    })
    expect(node.status).toBe('VOID')
  })
})

describe('failPhase with a recovery', () => {
  const error = { class: 'HUMAN_REQUIRED', code: 'STUCK', message: 'It is stuck.' }
  const recovery = { gate: 'recover', question: 'How to go on?', payload: { tried: 2 } }
  const FAIL = `... on FailPhaseSuccess { isReplayed phase { key status error { class code } } run { status nextAction sessions { nodes { id status } }
    approvals { edges { node { id digest kind gate payload status phase { key } expiresAt onExpiry } } } } } ... on RunNotActive { status }`
  const fail = (input: object): Promise<Data> => send(graph, 'failPhase', input, FAIL, worker)

  it('asks a person in the same step, and retries or aborts as told', async () => {
    for (const [decision, status, phase, session] of [
      ['RETRY', 'RUNNING', 'FAILED', 'DISPOSED'],
      ['ABORT', 'FAILED', 'FAILED', 'DISPOSED'],
    ] as const) {
      const runId = await atWork()
      const opened = { runId, role: 'writer', adapter: 'scripted', fence: 1 }
      const { session: writer } = await graph.mutate(
        'openSession',
        opened,
        '... on OpenSessionSuccess { session { id } }',
      )
      const input = { runId, phase: 'work', fence: 1, error, recovery: { ...recovery, sessionId: writer.id } }
      const failed = succeeded(await fail({ ...input, idempotencyKey: `fail-${decision}` }))
      expect(failed).toMatchObject({
        phase: { key: 'work', status: 'FAILED', error: { class: 'HUMAN_REQUIRED', code: 'STUCK' } },
        run: {
          status: 'PAUSED',
          nextAction: 'DECIDE_APPROVAL',
          sessions: { nodes: [{ id: writer.id, status: 'FAILED_NEEDS_HUMAN' }] },
          approvals: {
            edges: [
              {
                node: {
                  kind: 'RECOVERY',
                  gate: 'recover',
                  payload: { tried: 2 },
                  phase: { key: 'work' },
                  onExpiry: 'WAIT',
                },
              },
            ],
          },
        },
      })
      const approval = failed.run.approvals.edges[0].node
      expect(await decide(answer(approval, 'APPROVE'))).toMatchObject(
        problem('WrongDecision', { allowedDecisions: ['RETRY', 'ABORT'] }),
      )
      expect(await decide(answer(approval, decision))).toMatchObject({
        run: { status, currentPhase: { status: phase }, sessions: { nodes: [{ status: session }] } },
      })
      expect(await fail({ ...input, idempotencyKey: `fail-${decision}` })).toMatchObject({
        isReplayed: true,
        phase: { key: 'work' },
      })
    }
  })

  it('is refused for a session that the run does not have', async () => {
    const runId = await atWork()
    const sessionId = 'ses_01jd0000000000000000000000'
    const input = { runId, phase: 'work', fence: 1, error }
    for (const id of [sessionId, runId, 'nope'])
      expect(await fail({ ...input, recovery: { ...recovery, sessionId: id } })).toMatchObject({
        __typename: 'NotFound',
      })
    expect(await fail({ ...input, recovery: { ...recovery, expiresInSeconds: -1 } })).toEqual(
      mistake(['recovery', 'expiresInSeconds']),
    )
  })
})

describe('the approvals', () => {
  const INBOX = `query ($filter: ApprovalFilter, $first: Int, $after: String) { approvals(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id status run { id project } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`
  const inbox = async (variables: object, as: Caller): Promise<Data> =>
    (await graph.read(INBOX, { ...variables }, { as })).approvals
  const idsOf = ({ edges }: Data) => edges.map(({ node }: Data) => node.id)

  it('are listed by status, the newest first, page by page, to anyone who sees their runs', async () => {
    const mars = { ...operator, projects: ['mars'] }
    const made: Data[] = []
    for (let i = 0; i < 4; i++) {
      const runId = await atWork('solo', 'work', { project: 'mars' })
      made.unshift(succeeded(await ask({ runId, fence: 1 })).approval)
    }
    const ids = made.map(({ id }) => id)
    expect(idsOf(await inbox({}, mars))).toEqual(ids)
    expect(idsOf(await inbox({}, { ...operator, projects: ['venus'] }))).toEqual([])
    expect(idsOf(await inbox({}, operator))).toEqual(expect.arrayContaining(ids))
    expect(idsOf(await inbox({}, agentOf(made[1].run.id, 1)))).toEqual([ids[1]])
    expect(idsOf(await inbox({}, agentOf(UNKNOWN_RUN, 1)))).toEqual([])

    succeeded(await decide(answer(made[0], 'APPROVE')))
    succeeded(await decide(answer(made[2], 'REJECT')))
    expect(idsOf(await inbox({ filter: { statuses: ['PENDING'] } }, mars))).toEqual([ids[1], ids[3]])
    expect(idsOf(await inbox({ filter: { statuses: ['APPROVED', 'REJECTED'] } }, mars))).toEqual([
      ids[0],
      ids[2],
    ])
    expect(idsOf(await inbox({ filter: { statuses: [] } }, mars))).toEqual([])

    const first = await inbox({ first: 3 }, mars)
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const second = await inbox({ first: 3, after: first.pageInfo.endCursor }, mars)
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids)
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    expect(codesOf(await graph.ask(INBOX, { after: 'x' }))).toEqual(['BAD_USER_INPUT'])
    expect(codesOf(await graph.ask(INBOX, { first: 501 }))).toEqual(['BAD_USER_INPUT'])
  })

  it('are nodes, seen by anyone who sees their run', async () => {
    const approval = await asked()
    const NODE = `query ($id: ID!) { node(id: $id) { __typename ... on Approval { ${APPROVAL} } } }`
    const { id } = approval
    expect((await graph.read(NODE, { id }, { as: agentOf(approval.run.id, 1) })).node).toEqual({
      __typename: 'Approval',
      ...approval,
    })
    expect((await graph.read(NODE, { id: UNKNOWN })).node).toBeNull()
    for (const as of [{ ...operator, projects: ['other'] }, agentOf(UNKNOWN_RUN, 1)])
      expect(codesOf(await graph.ask(NODE, { id }, { as }))).toEqual(['FORBIDDEN'])
  })

  it('are offered to anyone who may decide them', async () => {
    const { run } = await asked()
    const ALLOWED = 'query ($id: ID!) { run(id: $id) { allowedCommands nextAction } }'
    const allowed = async (as: Caller) =>
      (await graph.read(ALLOWED, { id: run.id }, { as })).run.allowedCommands
    expect(await allowed(operator)).toContain('DECIDE_APPROVAL')
    expect(await allowed(worker)).not.toContain('DECIDE_APPROVAL')
    expect(await allowed(agentOf(run.id, 1))).not.toContain('DECIDE_APPROVAL')
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})
