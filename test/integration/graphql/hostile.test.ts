import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from 'graphql'
import { readFileSync } from 'node:fs'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { toOutput } from '../../support/entries.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
})
afterAll(() => graph.close())

const ISSUES = '... on InvalidInput { message issues { path message } }'
const NUL = 'a\0b'
const HALF = 'a\ud800b'
const SESSION = 'ses_01jd0000000000000000000000'
const long = (length: number) => 'x'.repeat(length)

/** The paths that a mutation's input is refused for; fails where it is taken, or answered with an error. */
async function refusedPaths(name: string, input: object): Promise<string[]> {
  const answer: Data = await graph.mutate(name, input, ISSUES)
  expect(answer).toMatchObject({ __typename: 'InvalidInput', message: expect.stringMatching(/not valid/) })
  return answer.issues.map(({ path }: { path: string[] }) => path.join('.'))
}

const nest = (depth: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value }
  return value
}

describe('a bad value of a mutation', () => {
  const phase = 'work'
  const error = { class: 'FATAL', code: 'X', message: 'x' }
  const cases: [mutation: string, input: object, ...paths: string[]][] = [
    ['startRun', { workflow: '' }, 'workflow'],
    ['startRun', { workflow: NUL, title: HALF }, 'workflow', 'title'],
    ['startRun', { workflow: 'solo', version: 0 }, 'version'],
    ['startRun', { workflow: 'solo', title: long(501) }, 'title'],
    ['startRun', { workflow: 'solo', labels: Array.from({ length: 51 }, (_, i) => `l${i}`) }, 'labels'],
    [
      'startRun',
      { workflow: 'solo', labels: ['ok', '', NUL, long(201)] },
      'labels.1',
      'labels.2',
      'labels.3',
    ],
    ['startRun', { workflow: 'solo', project: '  ' }, 'project'],
    ['startRun', { workflow: 'solo', project: 'a\nb' }, 'project'],
    ['startRun', { workflow: 'solo', concurrencyKey: '' }, 'concurrencyKey'],
    ['startRun', { workflow: 'solo', idempotencyKey: long(201) }, 'idempotencyKey'],
    ['startRun', { workflow: 'solo', input: { a: [{ b: NUL }] } }, 'input.a.0.b'],
    ['startRun', { workflow: 'solo', input: { [HALF]: 1 } }, 'input'],
    ['startRun', { workflow: 'solo', input: Infinity }, 'input'],
    ['startRun', { workflow: 'solo', input: long(1_048_577) }, 'input'],
    [
      'startRun',
      { workflow: 'solo', claim: { owner: '', leaseSeconds: 4 } },
      'claim.owner',
      'claim.leaseSeconds',
    ],
    [
      'startRun',
      { workflow: 'solo', claim: { owner: NUL, leaseSeconds: 3601 } },
      'claim.owner',
      'claim.leaseSeconds',
    ],
    ['claimRun', { owner: 'w', leaseSeconds: -1 }, 'leaseSeconds'],
    ['claimRun', { owner: 'w', leaseSeconds: 1 }, 'leaseSeconds'],
    ['claimRun', { owner: long(201), runId: 'nope' }, 'owner'],
    ['claimRun', { owner: 'w', workflows: [NUL] }, 'workflows.0'],
    ['renewLease', { runId: 'x', fence: -1, leaseSeconds: 0 }, 'fence', 'leaseSeconds'],
    ['releaseRun', { runId: 'a', fence: -1 }, 'fence'],
    ['pauseRun', { runId: NUL, ifRevision: -1, comment: long(10_001) }, 'ifRevision', 'comment'],
    ['resumeRun', { runId: 'run_', claim: { owner: 'w', leaseSeconds: 2 } }, 'claim.leaseSeconds'],
    ['failRun', { runId: 'run_01JD0000000000000000000000', error: '' }, 'error'],
    ['cancelRun', { runId: 'a', comment: HALF }, 'comment'],
    ['confirmCancel', { runId: 'a', fence: -1 }, 'fence'],
    ['deleteRun', { runId: 'a', idempotencyKey: '' }, 'idempotencyKey'],
    ['advancePhase', { runId: 'a', to: '' }, 'to'],
    ['startPhase', { runId: 'a', phase: NUL, because: HALF }, 'phase', 'because'],
    [
      'failPhase',
      { runId: 'a', phase, error: { ...error, code: '', message: '', hint: NUL } },
      'error.code',
      'error.message',
      'error.hint',
    ],
    [
      'failPhase',
      {
        runId: 'a',
        phase,
        error,
        recovery: { gate: '', question: NUL, payload: HALF, sessionId: 'a', expiresInSeconds: 0 },
      },
      'recovery.gate',
      'recovery.question',
      'recovery.payload',
      'recovery.expiresInSeconds',
    ],
    ['completeRound', { runId: 'a', summary: NUL }, 'summary'],
    [
      'openSession',
      { runId: 'a', role: '', adapter: NUL, fence: -1, handle: { a: HALF } },
      'role',
      'adapter',
      'fence',
      'handle.a',
    ],
    [
      'openSession',
      { runId: 'a', role: 'a\nb', adapter: ' ', handle: long(1_048_577) },
      'role',
      'adapter',
      'handle',
    ],
    [
      'updateSession',
      { sessionId: 'apr_01jd0000000000000000000000', status: 'READY', detail: NUL },
      'detail',
    ],
    [
      'recordPrompt',
      { sessionId: 'a', phase: NUL, dedupKey: long(201), stage: 'SENT', idempotencyKey: '' },
      'phase',
      'dedupKey',
      'idempotencyKey',
    ],
    [
      'appendTranscript',
      { sessionId: 'a', fromSeq: 0, entries: toOutput('ok', NUL, HALF) },
      'fromSeq',
      'entries.1.output.text',
      'entries.2.output.text',
    ],
    ['appendTranscript', { sessionId: SESSION, fromSeq: 2_147_483_647, entries: toOutput('x') }, 'fromSeq'],
    [
      'appendTranscript',
      { sessionId: SESSION, fromSeq: 1, entries: toOutput(long(65_537)) },
      'entries.0.output.text',
    ],
    [
      'appendTranscript',
      {
        sessionId: SESSION,
        fromSeq: 1,
        entries: Array.from({ length: 501 }, () => ({ output: { text: 'x' } })),
      },
      'entries',
    ],
    ['submitArtifact', { runId: 'a', phase: '', path: '', content: NUL }, 'phase', 'path', 'content'],
    ['submitArtifact', { runId: 'a', phase, path: long(513), content: HALF }, 'path', 'content'],
    [
      'requestApproval',
      {
        runId: 'a',
        phase: NUL,
        gate: '',
        question: long(10_001),
        payload: Infinity,
        expiresInSeconds: 366 * 86_400 + 1,
      },
      'phase',
      'gate',
      'question',
      'payload',
      'expiresInSeconds',
    ],
    [
      'requestApproval',
      { runId: 'a', gate: 'g', question: '?', approvers: ['ok', '', NUL] },
      'approvers.1',
      'approvers.2',
    ],
    [
      'requestApproval',
      { runId: 'a', gate: 'g', question: '?', approvers: Array.from({ length: 101 }, (_, i) => `a${i}`) },
      'approvers',
    ],
    [
      'decideApproval',
      { approvalId: SESSION, decision: 'APPROVE', digest: '', comment: NUL },
      'digest',
      'comment',
    ],
    ['withdrawApproval', { approvalId: SESSION, fence: -1 }, 'fence'],
    ['driveRun', { runId: 'a', fence: 1, steps: [] }, 'steps'],
    [
      'driveRun',
      { runId: 'a', fence: -1, steps: [{ advancePhase: { to: '' } }, { failRun: { error: NUL } }] },
      'fence',
      'steps.0.advancePhase.to',
      'steps.1.failRun.error',
    ],
    [
      'driveRun',
      {
        runId: 'a',
        fence: 1,
        steps: [
          { startExecution: { command: '', pid: 0 } },
          { submitArtifact: { phase: 'a', path: '', content: NUL } },
        ],
      },
      'steps.0.startExecution.command',
      'steps.0.startExecution.pid',
      'steps.1.submitArtifact.path',
      'steps.1.submitArtifact.content',
    ],
    ['driveRun', { runId: 'a', steps: Array.from({ length: 21 }, () => ({ completeRound: {} })) }, 'steps'],
    ['sendMessage', { runId: SESSION, text: '' }, 'text'],
    ['sendMessage', { runId: SESSION, text: HALF }, 'text'],
    ['acknowledgeMessage', { messageId: 'msg_', receipt: 'CONSUMED', fence: -1 }, 'fence'],
    ['startExecution', { command: '', pid: 0, runId: 'a' }, 'command', 'pid'],
    ['startExecution', { command: long(16_385) }, 'command'],
    ['finishExecution', { executionId: 'run_01jd0000000000000000000000', signal: NUL }, 'signal'],
    ['finishExecution', { executionId: 'exe_01jd0000000000000000000000', end: 'SUPERVISOR_LOST' }, 'end'],
    [
      'createToken',
      { principal: { name: NUL }, role: 'VIEWER', projects: [''], expiresInSeconds: 0 },
      'principal.name',
      'projects.0',
      'expiresInSeconds',
    ],
    ['rotateToken', { tokenId: 'a', expiresInSeconds: 0 }, 'expiresInSeconds'],
    ['createRunToken', { runId: 'a', expiresInSeconds: 3_601 }, 'expiresInSeconds'],
    ['detachRun', { runId: 'a', idempotencyKey: long(201) }, 'idempotencyKey'],
    ['recordWorkspace', { runId: 'a', host: '', kind: 'DIRECTORY', path: NUL, fence: 1 }, 'host', 'path'],
    [
      'requestWorkspaceOperation',
      { workspaceId: 'a', kind: 'DIFF', expiresInSeconds: 0 },
      'expiresInSeconds',
    ],
    ['startWorkspaceOperation', { operationId: 'a', worker: NUL }, 'worker'],
    ['finishWorkspaceOperation', { operationId: 'a', attempt: -1 }, 'attempt'],
    ['reportPreview', { workspaceId: 'a', status: 'RUNNING', url: NUL }, 'url', 'url'],
    [
      'announceWorker',
      { instance: '', name: NUL, host: 'h', concurrency: 0 },
      'instance',
      'name',
      'concurrency',
    ],
    ['announceWorker', { instance: 'i', name: 'w', host: 'h', concurrency: 1, state: 'SILENT' }, 'state'],
    [
      'removeContent',
      { olderThanSeconds: -1, project: NUL, first: 0 },
      'olderThanSeconds',
      'project',
      'first',
    ],
    ['registerWorkflow', { definition: NUL }, 'definition'],
    ['registerWorkflow', { definition: 7 }, 'definition'],
    [
      'registerWorkflow',
      { definition: { ...SOLO, phases: [{ key: 'work', next: [NUL] }] } },
      'definition.phases.0.next.0',
    ],
  ]

  it.each(cases)('is InvalidInput with its path: %s %j', async (name, input, ...paths) => {
    expect((await refusedPaths(name, input)).toSorted()).toEqual(paths.toSorted())
  })

  it('is refused for its depth, without ending the process', async () => {
    expect((await graph.mutate('startRun', { workflow: 'solo', input: nest(64) }, ISSUES)).__typename).toBe(
      'StartRunSuccess',
    )
    expect(await refusedPaths('startRun', { workflow: 'solo', input: nest(65) })).toHaveLength(1)
    expect(await refusedPaths('startRun', { workflow: 'solo', input: nest(200_000) })).toHaveLength(1)
    expect(await refusedPaths('registerWorkflow', { definition: nest(200_000) })).toHaveLength(1)
  })

  it('is told for every mutation there is', () => {
    const mutations = buildSchema(
      readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'),
    ).getMutationType()
    const tested = new Set(cases.map(([name]) => name))
    const untested = Object.keys(mutations?.getFields() ?? {}).filter((name) => !tested.has(name))
    // these take nothing of their own but an id, and a sweep a flag
    expect(untested.toSorted()).toEqual(['completeRun', 'revokeToken', 'sweep', 'touchExecution'])
  })
})

describe('what is odd but good', () => {
  it('is kept as it is', async () => {
    const title = 'z͑ — 🧑‍🚀 "quoted" \\ \u2028 <b>'
    const input = { __proto__: null, constructor: 'x', 'a.b': [null, [], {}, 1e-7, -0.5], '': { $ref: '#' } }
    const { run } = await graph.mutate(
      'startRun',
      { workflow: 'solo', title, input, labels: ['ö', "'; DROP TABLE run; --"], project: '日本' },
      '... on StartRunSuccess { run { title input labels project } }',
    )
    expect(run).toEqual({
      title,
      input: { ...input },
      labels: ['ö', "'; DROP TABLE run; --"],
      project: '日本',
    })
  })

  it('is null where it may be left out', async () => {
    const { run, lease } = await graph.mutate(
      'startRun',
      {
        workflow: 'solo',
        version: null,
        title: null,
        input: null,
        labels: null,
        claim: { owner: 'w', leaseSeconds: null },
      },
      '... on StartRunSuccess { run { id title input labels status } lease { expiresAt } }',
    )
    expect(run).toMatchObject({ title: null, input: null, labels: [], status: 'RUNNING' })
    expect(lease.expiresAt).not.toBeNull()
  })

  it('may be written into the document', async () => {
    const { startRun } = await graph.read(
      'mutation ($v: JSON) { startRun(input: { workflow: "solo", input: { a: [1, 2.5, true, null, "s", E, { b: $v }] } }) { ... on StartRunSuccess { run { input } } } }',
      { v: { c: 1 } },
    )
    expect(startRun.run.input).toEqual({ a: [1, 2.5, true, null, 's', 'E', { b: { c: 1 } }] })
  })
})

describe('a bad argument of a query', () => {
  const asks: [code: string, document: string, variables?: object][] = [
    ['BAD_USER_INPUT', 'query ($f: RunFilter) { runs(filter: $f) { feedCursor } }', { f: { text: NUL } }],
    [
      'BAD_USER_INPUT',
      'query ($f: RunFilter) { runs(filter: $f) { feedCursor } }',
      { f: { labels: [HALF] } },
    ],
    ['BAD_USER_INPUT', 'query ($f: RunFilter) { runCounts(filter: $f) { count } }', { f: { workflow: NUL } }],
    ['BAD_USER_INPUT', 'query ($n: String!) { workflow(name: $n) { id } }', { n: NUL }],
    ['BAD_USER_INPUT', '{ workflow(name: "solo", version: -3) { id } }'],
    ['BAD_USER_INPUT', 'query ($c: String) { workflows(after: $c) { edges { cursor } } }', { c: NUL }],
    ['BAD_USER_INPUT', '{ executions(after: "Zm9v") { edges { cursor } } }'],
    ['BAD_USER_INPUT', '{ approvals(first: 501) { edges { cursor } } }'],
    ['BAD_USER_INPUT', '{ approvals(after: "Zm9v") { edges { cursor } } }'],
    ['BAD_USER_INPUT', '{ executions(first: 501) { edges { cursor } } }'],
    ['BAD_USER_INPUT', '{ doctor(first: -1) { runsChecked } }'],
    ['BAD_USER_INPUT', '{ doctor(after: "x") { runsChecked } }'],
  ]

  it.each(asks)('is an error of code %s: %s %j', async (code, document, variables = {}) => {
    expect(codesOf(await graph.ask(document, variables as Record<string, unknown>))).toEqual([code])
  })

  it('is not repeated whole by what is said of it', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`no${index}`, 1]))
    const input = { workflow: 'solo', title: long(500_000), ...unknown }
    const document = 'mutation ($input: StartRunInput!) { startRun(input: $input) { __typename } }'
    const answer = await graph.ask(document, { input })
    expect(codesOf(answer)).toContain('BAD_USER_INPUT')
    expect(answer.errors?.[0]?.message).toMatch(/"\$input" got invalid value .* … .*"no0" is not defined/s)
    expect(JSON.stringify(answer).length).toBeLessThan(100_000)
  })

  it('does not pass for a point in time', async () => {
    const query = 'query ($at: DateTime) { runCounts(filter: { createdAt: { after: $at } }) { count } }'
    for (const at of [
      'yesterday',
      '2026-01-01',
      '2026-13-01T00:00:00Z',
      '0000-01-01T00:00:00Z',
      5,
      '+275760-09-13T00:00:00Z',
    ]) {
      const { data, errors } = await graph.ask(query, { at })
      expect([at, data, errors?.length]).toEqual([at, undefined, 1])
    }
    for (const at of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-01-01T00:00:00+02:00'])
      expect([at, codesOf(await graph.ask(query, { at }))]).toEqual([at, []])
  })

  it('is a typed refusal where the query answers with a union', async () => {
    const resolve =
      'query ($i: ResolveRunInput!) { resolveRun(input: $i) { __typename ... on InvalidInput { issues { path } } } }'
    expect(await graph.read(resolve, { i: { runId: 'x', executionId: 'y', project: NUL } })).toEqual({
      resolveRun: {
        __typename: 'InvalidInput',
        issues: [{ path: ['project'] }],
      },
    })
  })

  it('finds nothing beyond the ends of a log', async () => {
    const { id } = await begin(graph)
    const events = async (args: string) =>
      (await graph.read(`query ($id: ID!) { run(id: $id) { events${args} { nodes { seq } } } }`, { id })).run
        .events.nodes
    expect(await events('(after: "0")')).toHaveLength(2)
    expect(await events('(after: "2147483647")')).toEqual([])
    expect(await events('(first: 0)')).toEqual([])
    expect(await events('(after: null, first: null)')).toHaveLength(2)
    expect(
      codesOf(
        await graph.ask('query ($id: ID!) { run(id: $id) { events(first: 501) { nodes { seq } } } }', { id }),
      ),
    ).toEqual(['BAD_USER_INPUT'])
    const transcript = async (args: string) =>
      (
        await graph.read(
          `query ($id: ID!) { run(id: $id) { sessions { nodes { transcript${args} { nodes { seq } } } } } }`,
          {
            id,
          },
        )
      ).run.sessions.nodes[0].transcript.nodes
    const owner = { runId: id, owner: 'w' }
    expect((await graph.mutate('claimRun', owner, '')).__typename).toBe('ClaimRunSuccess')
    const session = { runId: id, role: 'writer', adapter: 'scripted', fence: 1 }
    const opened = await graph.mutate('openSession', session, '... on OpenSessionSuccess { session { id } }')
    const chunks = { sessionId: opened.session.id, fromSeq: 1, fence: 1, entries: toOutput('a', 'b') }
    expect((await graph.mutate('appendTranscript', chunks, '')).__typename).toBe('AppendTranscriptSuccess')
    expect(await transcript('(after: "0")')).toHaveLength(2)
    expect(await transcript('(after: "2147483647")')).toEqual([])
    expect(await transcript('(first: 0)')).toEqual([])
    expect(await transcript('(after: null, first: null)')).toHaveLength(2)
    const none =
      'query ($id: ID!) { run(id: $id) { a: phases(round: 0) { id } b: phases(round: -1) { id } } }'
    expect(await graph.read(none, { id })).toEqual({ run: { a: [], b: [] } })
  })
})
