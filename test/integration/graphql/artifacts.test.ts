import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { agentOf } from '../../support/callers.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { runIn } from '../../support/runs.ts'
import { define, GATED } from '../../support/workflows.ts'
import { findViolations, mistake, problem, send, succeeded, UNKNOWN_RUN } from './send.ts'

/** A workflow whose first phase must produce JSON of a shape. */
const LETTER = define({
  name: 'letter',
  initialPhase: 'write',
  phases: [
    {
      key: 'write',
      next: ['done'],
      artifact: {
        path: 'letter.json',
        maxBytes: 200,
        schema: {
          type: 'object',
          required: ['to'],
          properties: { to: { type: 'string' }, lines: { type: 'array', items: { type: 'string' } } },
        },
      },
    },
    { key: 'done', final: true },
  ],
})

const MOST_BYTES = 5_000

let graph: TestGraph
let worker: Caller
let operator: Caller

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [GATED, LETTER], settings: { maxArtifactBytes: MOST_BYTES } })
  worker = graph.callers.worker
  operator = graph.callers.operator
})
afterAll(() => graph.close())

const ARTIFACT =
  'id round attempt path sha256 size isValid problems { path message } content createdAt phase { key }'
const MEMBERS = `... on SubmitArtifactSuccess { artifact { ${ARTIFACT} } phase { id key status attempts } run { id status revision } isReplayed }
  ... on IllegalTransition { fromPhase toPhase } ... on UnknownPhase { phaseKey known } ... on RunNotActive { status }
  ... on LeaseLost { yourFence } ... on NotFound { kind id } ... on IdempotencyMismatch { differingPaths }`

const submit = (input: object, as = worker): Promise<Data> =>
  send(graph, 'submitArtifact', input, MEMBERS, as)

/** A run at work in the first phase, held under fence 1, and what is submitted for it. */
async function atWork(workflow = 'letter', phase = 'write', path = 'letter.json') {
  const { id: runId } = await runIn(graph, 'RUNNING', { workflow, leaseSeconds: 600 })
  succeeded(await graph.mutate('startPhase', { runId, phase, fence: 1 }, ''))
  return { runId, phase, path, fence: 1 }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const VALID = '{"to":"Ann"}'

describe('submitArtifact', () => {
  it('keeps a valid file and completes its phase', async () => {
    const by = await atWork()
    const content = '{"to":"Änn","lines":["a"]}'
    expect(await submit({ ...by, content })).toEqual({
      __typename: 'SubmitArtifactSuccess',
      isReplayed: false,
      artifact: {
        id: expect.stringMatching(/^art_/),
        round: 1,
        attempt: 1,
        path: 'letter.json',
        sha256: sha256(content),
        size: Buffer.byteLength(content),
        isValid: true,
        problems: [],
        content,
        createdAt: expect.stringMatching(/Z$/),
        phase: { key: 'write' },
      },
      phase: { id: expect.stringMatching(/^phs_/), key: 'write', status: 'COMPLETED', attempts: 1 },
      run: { id: by.runId, status: 'RUNNING', revision: expect.any(Number) },
    })
    expect(await submit({ ...by, content })).toEqual(
      problem('IllegalTransition', { fromPhase: 'write', toPhase: 'write' }),
    )
  })

  it('keeps an invalid file with its problems, and changes nothing else', async () => {
    const by = await atWork()
    const answer = succeeded(await submit({ ...by, content: '{"lines":["a",7]}' }))
    expect(answer).toMatchObject({ artifact: { isValid: false }, phase: { status: 'RUNNING' } })
    expect(answer.artifact.problems).toEqual(
      expect.arrayContaining([
        { path: '', message: expect.stringContaining('to') },
        { path: '/lines/1', message: expect.stringContaining('string') },
      ]),
    )
    expect(succeeded(await submit({ ...by, content: VALID }))).toMatchObject({
      artifact: { isValid: true },
      phase: { status: 'COMPLETED' },
    })
    const { run } = await graph.read(
      `query ($id: ID!) { run(id: $id) { events(first: 50) { nodes { type summary } } currentPhase { artifacts { nodes { isValid } } }
        artifacts { edges { node { isValid } } } } }`,
      { id: by.runId },
    )
    expect(run.events.nodes.map(({ type }: Data) => type)).toEqual(
      expect.arrayContaining(['ARTIFACT_INVALID', 'ARTIFACT_VALIDATED']),
    )
    expect(run.currentPhase.artifacts.nodes).toEqual([{ isValid: true }, { isValid: false }])
    expect(run.artifacts.edges).toEqual([{ node: { isValid: true } }, { node: { isValid: false } }])
  })

  it.each([
    ['no JSON', '{"to":', /not JSON/],
    ['nothing', '', /empty/],
    ['white space', ' \n\t', /empty/],
    ['more than the phase allows', JSON.stringify({ to: 'x'.repeat(300) }), /at most 200/],
    ['deeply nested JSON', `${'['.repeat(100)}${']'.repeat(100)}`, /object/],
    ['a prototype', '{"__proto__":{"to":"Ann"}}', /to/],
  ])('finds %s invalid, and is none the worse for it', async (_, content, message) => {
    const { artifact } = succeeded(await submit({ ...(await atWork()), content }))
    expect(artifact).toMatchObject({ isValid: false, content, size: Buffer.byteLength(content) })
    expect(artifact.problems).toContainEqual({
      path: expect.any(String),
      message: expect.stringMatching(message),
    })
  })

  it('keeps a file at another path without validating it, and changes no phase', async () => {
    const by = await atWork()
    expect(await submit({ ...by, path: 'notes.md', content: 'not JSON' })).toMatchObject({
      artifact: { path: 'notes.md', isValid: true },
      phase: { status: 'RUNNING' },
    })
  })

  it('takes the same bytes for the same attempt and path as one artifact', async () => {
    const by = await atWork()
    const first = succeeded(await submit({ ...by, path: 'notes.md', content: 'same' }))
    const again = succeeded(await submit({ ...by, path: 'notes.md', content: 'same' }))
    expect(again.artifact).toEqual(first.artifact)
    expect(again.run.revision).toBe(first.run.revision)
    expect(succeeded(await submit({ ...by, path: 'notes.md', content: 'other' })).artifact.id).not.toBe(
      first.artifact.id,
    )
    succeeded(
      await graph.mutate('startPhase', { runId: by.runId, phase: 'write', fence: 1, isRepair: true }, ''),
    )
    expect(succeeded(await submit({ ...by, path: 'notes.md', content: 'same' })).artifact).toMatchObject({
      attempt: 2,
      sha256: first.artifact.sha256,
    })
  })

  it.each([
    ['completes its phase', 'letter', 'write', 'letter.json', VALID],
    ['opens an approval', 'gated', 'plan', 'plan.md', 'a plan'],
    ['is invalid', 'letter', 'write', 'letter.json', '{}'],
  ])(
    'answers its key with the first artifact where that %s, however late',
    async (_, workflow, phase, path, content) => {
      const by = await atWork(workflow, phase, path)
      const input = { ...by, content, idempotencyKey: `submit-${workflow}-${content}` }
      const { artifact } = succeeded(await submit(input))
      const { run } = await graph.read(
        'query ($id: ID!) { run(id: $id) { status approvals { edges { node { id digest } } } } }',
        { id: by.runId },
      )
      if (run.status === 'AWAITING_APPROVAL') {
        const [{ node: approval }] = run.approvals.edges
        const input = { approvalId: approval.id, digest: approval.digest, decision: 'REJECT' }
        succeeded(await graph.mutate('decideApproval', input, ''))
      }
      // another attempt is under way by then, or the run is over
      if (artifact.isValid && workflow === 'letter')
        succeeded(await graph.mutate('advancePhase', { runId: by.runId, to: 'done', fence: 1 }, ''))
      else
        succeeded(
          await graph.mutate(
            'startPhase',
            { runId: by.runId, phase, fence: 1, isRepair: !artifact.isValid },
            '',
          ),
        )
      succeeded(await graph.mutate('failRun', { runId: by.runId, fence: 1, error: 'x' }, ''))
      expect(await submit(input)).toMatchObject({ isReplayed: true, artifact, phase: { key: phase } })
      expect(await submit({ ...input, content: `${content} ` })).toEqual(
        problem('IdempotencyMismatch', { differingPaths: ['content'] }),
      )
    },
  )

  it('is refused out of place', async () => {
    const by = await atWork()
    expect(await submit({ ...by, content: VALID, fence: 2 })).toEqual(problem('LeaseLost', { yourFence: 2 }))
    expect(await submit({ ...by, content: VALID, phase: 'done' })).toEqual(
      problem('IllegalTransition', { fromPhase: 'write', toPhase: 'done' }),
    )
    expect(await submit({ ...by, content: VALID, phase: 'nope' })).toEqual(
      problem('UnknownPhase', { phaseKey: 'nope', known: ['write', 'done'] }),
    )
    expect(await submit({ ...by, content: VALID, runId: UNKNOWN_RUN })).toEqual(
      problem('NotFound', { kind: 'RUN', id: UNKNOWN_RUN }),
    )
    expect(await submit({ ...by, content: VALID }, operator)).toEqual(
      problem('Forbidden', { requiredRole: 'WORKER' }),
    )
    expect(await submit({ ...by, content: VALID }, agentOf(UNKNOWN_RUN, 1))).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    succeeded(await graph.mutate('pauseRun', { runId: by.runId }, ''))
    expect(await submit({ ...by, content: VALID })).toEqual(problem('RunNotActive', { status: 'PAUSED' }))
  })

  it('refuses as an input what is too large or can not be kept', async () => {
    const by = await atWork()
    // three bytes each, so that characters alone would not tell
    expect(await submit({ ...by, path: 'notes.md', content: '€'.repeat(MOST_BYTES / 3) })).toMatchObject({
      artifact: { isValid: true },
    })
    expect(await submit({ ...by, content: '€'.repeat(MOST_BYTES / 3 + 1) })).toEqual(
      mistake(['content'], /5001 bytes|5003 bytes|at most 5000/),
    )
    expect(await submit({ ...by, content: 'a\0b' })).toEqual(mistake(['content'], /NUL/))
    expect(await submit({ ...by, content: '\ud800' })).toEqual(mistake(['content'], /half/))
    expect(await submit({ ...by, path: 'a\nb', content: VALID })).toEqual(mistake(['path'], /control/))
    expect(await submit({ ...by, path: 'x'.repeat(513), content: VALID })).toEqual(mistake(['path']))
  })
})

describe('an artifact', () => {
  it('is a node, seen by anyone who sees its run', async () => {
    const by = await atWork()
    const { artifact } = succeeded(await submit({ ...by, content: VALID }))
    const NODE = `query ($id: ID!) { node(id: $id) { __typename ... on Artifact { ${ARTIFACT} } } }`
    const found = { __typename: 'Artifact', ...artifact }
    const { id } = artifact
    expect((await graph.read(NODE, { id }, { as: graph.callers.viewer })).node).toEqual(found)
    expect((await graph.read(NODE, { id }, { as: agentOf(by.runId, 1) })).node).toEqual(found)
    for (const as of [{ ...operator, projects: ['other'] }, agentOf(UNKNOWN_RUN, 1)])
      expect(codesOf(await graph.ask(NODE, { id }, { as }))).toEqual(['FORBIDDEN'])
  })

  it('is listed page by page with its run, the newest first', async () => {
    const by = await atWork()
    for (const text of ['1', '2', '3', '4', '5'])
      succeeded(await submit({ ...by, path: 'notes.md', content: text }))
    const PAGE = `query ($id: ID!, $first: Int, $after: String) { run(id: $id) { artifacts(first: $first, after: $after) {
      edges { cursor node { content } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
    const seen: string[] = []
    let after: string | null = null
    for (const more of [true, true, false]) {
      const { run }: Data = await graph.read(PAGE, { id: by.runId, first: 2, after })
      const { edges, pageInfo } = run.artifacts
      seen.push(...edges.map(({ node }: Data) => node.content))
      expect(pageInfo).toMatchObject({ hasNextPage: more, hasPreviousPage: after !== null })
      after = pageInfo.endCursor
    }
    expect(seen).toEqual(['5', '4', '3', '2', '1'])
    expect(codesOf(await graph.ask(PAGE, { id: by.runId, first: -1 }))).toEqual(['BAD_USER_INPUT'])
    expect(codesOf(await graph.ask(PAGE, { id: by.runId, after: 'nope' }))).toEqual(['BAD_USER_INPUT'])
  })

  it('has its content counted dearly', async () => {
    const { errors } = await graph.ask(
      '{ runs(first: 50) { edges { node { artifacts { edges { node { content } } } } } } }',
    )
    expect(errors?.[0]?.extensions['code']).toBe('QUERY_TOO_COMPLEX')
    const by = await atWork()
    succeeded(await submit({ ...by, content: VALID }))
    const { run } = await graph.read(
      'query ($id: ID!) { run(id: $id) { phases { key artifacts(first: 1) { nodes { path content } } } } }',
      { id: by.runId },
    )
    expect(run.phases[0]).toEqual({
      key: 'write',
      artifacts: { nodes: [{ path: 'letter.json', content: VALID }] },
    })
  })
})

describe('registerWorkflow', () => {
  it('refuses a schema or a pattern that can not be compiled, and says where', async () => {
    const register = (artifact: object) =>
      send(
        graph,
        'registerWorkflow',
        {
          definition: {
            ...LETTER,
            name: 'other',
            phases: [{ ...LETTER.phases[0], artifact }, LETTER.phases[1]],
          },
        },
        '',
        operator,
      )
    const path = ['definition', 'phases', '0', 'artifact']
    const schema = { $ref: 'http://127.0.0.1:9/remote.json' }
    expect(await register({ path: 'a', schema })).toEqual(
      mistake([...path, 'schema'], /can't be compiled.*remote/),
    )
    expect(await register({ path: 'a', schema: { type: 'nothing' } })).toMatchObject({
      __typename: 'InvalidInput',
    })
    expect(await register({ path: 'a', pattern: '(' })).toEqual(
      mistake([...path, 'pattern'], /can't be compiled/),
    )
    expect(await register({ path: 'a', schema: { type: 'string' }, pattern: '^a' })).toMatchObject({
      __typename: 'RegisterWorkflowSuccess',
    })
  })
})

it('leaves every run what its log says', async () => {
  expect(await findViolations(graph)).toEqual([])
})
