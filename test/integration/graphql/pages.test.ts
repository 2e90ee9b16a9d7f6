import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, countStatements, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { toOutput } from '../../support/entries.ts'
import { begin, runIn } from '../../support/runs.ts'
import { RELAY, SOLO } from '../../support/workflows.ts'
import { succeeded } from './send.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO, RELAY] })
})
afterAll(() => graph.close())

const PAGE_ARGS = 'first: $first, after: $after, last: $last, before: $before'
const PAGE_VARIABLES = '$first: Int, $after: String, $last: Int, $before: String'

/** Reads a page of a list below a node: the keys of its items, what lies around it, and its ends. */
function pagesOf(type: string, field: string, key: string, id: () => string) {
  const document = `query ($id: ID!, ${PAGE_VARIABLES}) { node(id: $id) { ... on ${type} {
    list: ${field}(${PAGE_ARGS}) { nodes { ${key} } edges { cursor node { ${key} } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`
  const cursors = `query ($id: ID!, ${PAGE_VARIABLES}) { node(id: $id) { ... on ${type} { ${field}(${PAGE_ARGS}) { edges { cursor } } } } }`
  const read = async (variables: object) => {
    const { list } = (await graph.read(document, { id: id(), ...variables })).node
    const keys = list.edges.map(({ node }: Data) => node[key])
    expect(list.nodes.map((node: Data) => node[key])).toEqual(keys)
    const { hasPreviousPage, hasNextPage, startCursor, endCursor } = list.pageInfo
    const around = `${hasPreviousPage ? '<' : ''}${hasNextPage ? '>' : ''}`
    return { keys, around, startCursor, endCursor }
  }
  return { read, ask: (variables: object) => graph.ask(cursors, { id: id(), ...variables }) }
}

/** A run that is held, and everything that lists of it show: five of each. */
async function makeFull() {
  const { id: runId } = await runIn(graph, 'RUNNING', { leaseSeconds: 600 })
  const send = async (name: string, input: object, selection = '') =>
    succeeded(await graph.mutate(name, { runId, fence: 1, ...input }, selection))
  const { run } = await graph.read('query ($id: ID!) { run(id: $id) { currentPhase { id key } } }', {
    id: runId,
  })
  const phase: string = run.currentPhase.key
  await send('startPhase', { phase })
  for (const word of ['a', 'b', 'c', 'd', 'e']) {
    await send('startExecution', { command: word })
    await send('submitArtifact', { phase, path: `notes.md`, content: word })
    await graph.mutate('sendMessage', { runId, text: word }, '')
    await begin(graph, { parentRunId: runId, title: word })
    const opened = await send(
      'openSession',
      { role: word, adapter: 'scripted' },
      '... on OpenSessionSuccess { session { id } }',
    )
    if (word !== 'a') continue
    const chunks = {
      sessionId: opened['session'].id,
      fence: 1,
      fromSeq: 1,
      entries: toOutput('1', '2', '3', '4', '5'),
    }
    succeeded(await graph.mutate('appendTranscript', chunks, ''))
  }
  return { runId, phaseId: run.currentPhase.id as string }
}

let full: Awaited<ReturnType<typeof makeFull>>
beforeAll(async () => {
  full = await makeFull()
})

describe.each([
  ['Run', 'executions', 'command'],
  ['Run', 'artifacts', 'content'],
  ['Run', 'messages', 'text'],
  ['Run', 'children', 'title'],
  ['Run', 'sessions', 'role'],
  ['Phase', 'artifacts', 'content'],
])('%s.%s', (type, field, key) => {
  const pages = pagesOf(type, field, key, () => (type === 'Run' ? full.runId : full.phaseId))

  it('is paged through from either end, each item once, knowing what lies on both sides', async () => {
    const { read } = pages
    const first = await read({ first: 2 })
    expect(first).toMatchObject({ keys: ['e', 'd'], around: '>' })
    const second = await read({ first: 2, after: first.endCursor })
    expect(second).toMatchObject({ keys: ['c', 'b'], around: '<>' })
    const third = await read({ first: 2, after: second.endCursor })
    expect(third).toMatchObject({ keys: ['a'], around: '<' })
    expect(await read({ first: 2, after: third.endCursor })).toMatchObject({ keys: [], around: '<' })
    const last = await read({ last: 2 })
    expect(last).toMatchObject({ keys: ['b', 'a'], around: '<' })
    expect(await read({ last: 2, before: last.startCursor })).toMatchObject({
      keys: ['d', 'c'],
      around: '<>',
    })
    expect(await read({ last: 2, before: first.endCursor })).toMatchObject({ keys: ['e'], around: '>' })
    expect(await read({ first: 9, after: first.startCursor, before: third.endCursor })).toMatchObject({
      keys: ['d', 'c', 'b'],
      around: '<>',
    })
    expect(await read({ first: 0 })).toMatchObject({ keys: [], around: '>', startCursor: null })
  })

  it('refuses a page that is too large, both ends at once, and the cursors of others', async () => {
    for (const variables of [
      { first: 501 },
      { last: -1 },
      { first: 1, last: 1 },
      { before: 'nope' },
      { after: '1' },
    ])
      expect(codesOf(await pages.ask(variables))).toEqual(['BAD_USER_INPUT'])
  })
})

it('pages from both ends of the same list are read in one request, each as it was asked for', async () => {
  const document = `query ($id: ID!) { run(id: $id) { oldest: messages(last: 1) { nodes { text } } newest: messages(first: 1) { nodes { text } }
    eldest: children(last: 1) { totalCount nodes { title } } youngest: children(first: 1) { nodes { title } } } }`
  const ask = () => graph.read(document, { id: full.runId })
  expect((await ask()).run).toEqual({
    oldest: { nodes: [{ text: 'a' }] },
    newest: { nodes: [{ text: 'e' }] },
    eldest: { totalCount: 5, nodes: [{ title: 'a' }] },
    youngest: { nodes: [{ title: 'e' }] },
  })
  expect(await countStatements(graph.store, ask)).toBeLessThan(10)
})

describe('a log', () => {
  const { read, ask } = pagesOf('Run', 'events', 'seq', () => full.runId)
  const LAST = `query ($id: ID!) { run(id: $id) { revision events(first: 0) { totalCount } } }`

  it('is paged through from either end by the numbers of its events, and counted', async () => {
    const { run } = await graph.read(LAST, { id: full.runId })
    const n: number = run.revision
    expect(run.events.totalCount).toBe(n)
    expect(n).toBeGreaterThan(10)
    expect(await read({ first: 2 })).toEqual({ keys: [1, 2], around: '>', startCursor: '1', endCursor: '2' })
    expect(await read({ first: 2, after: '2' })).toMatchObject({ keys: [3, 4], around: '<>' })
    expect(await read({ last: 2 })).toMatchObject({ keys: [n - 1, n], around: '<' })
    expect(await read({ last: 2, before: String(n - 1) })).toMatchObject({
      keys: [n - 3, n - 2],
      around: '<>',
    })
    expect(await read({ last: 9, before: '3' })).toMatchObject({ keys: [1, 2], around: '>' })
    expect(await read({ first: 9, after: '2', before: '5' })).toMatchObject({ keys: [3, 4], around: '<>' })
    expect(await read({ first: 9, after: '5', before: '2' })).toMatchObject({ keys: [] })
    expect(await read({ first: 9, after: String(n) })).toMatchObject({ keys: [], around: '<' })
    expect(await read({ last: 9, before: '1' })).toMatchObject({ keys: [], around: '>' })
    expect(await read({ first: 0 })).toMatchObject({ keys: [], around: '>' })
  })

  it('refuses what is no number of an event', async () => {
    for (const after of ['', '-1', '1.5', '2147483648', ' 1', 'abc'])
      expect(codesOf(await ask({ after }))).toEqual(['BAD_USER_INPUT'])
  })
})

describe('a transcript', () => {
  let sessionId = ''
  beforeAll(async () => {
    const { run } = await graph.read(
      'query ($id: ID!) { run(id: $id) { sessions(last: 1) { nodes { id } } } }',
      {
        id: full.runId,
      },
    )
    sessionId = run.sessions.nodes[0].id
  })
  const { read } = pagesOf('Session', 'transcript', 'seq', () => sessionId)

  it('is paged through from either end by the numbers of its entries', async () => {
    expect(await read({ first: 2 })).toEqual({ keys: [1, 2], around: '>', startCursor: '1', endCursor: '2' })
    expect(await read({ first: 3, after: '2' })).toMatchObject({ keys: [3, 4, 5], around: '<' })
    expect(await read({ last: 2 })).toMatchObject({ keys: [4, 5], around: '<' })
    expect(await read({ last: 2, before: '4' })).toMatchObject({ keys: [2, 3], around: '<>' })
    expect(await read({ first: 9, after: '1', before: '4' })).toMatchObject({ keys: [2, 3], around: '<>' })
    expect(await read({ first: 0, after: '5' })).toMatchObject({ keys: [], around: '<' })
    expect(await read({ first: 0, after: '4' })).toMatchObject({ keys: [], around: '<>' })
  })

  it('ends a page that has grown large early, and says that there is more, from either end', async () => {
    const opened = await graph.mutate(
      'openSession',
      { runId: full.runId, fence: 1, role: 'talker', adapter: 'scripted' },
      '... on OpenSessionSuccess { session { id } }',
    )
    sessionId = opened.session.id
    const large = 'x'.repeat(60_000)
    for (const fromSeq of [1, 11, 21])
      succeeded(
        await graph.mutate(
          'appendTranscript',
          { sessionId, fence: 1, fromSeq, entries: toOutput(...Array<string>(10).fill(large)) },
          '',
        ),
      )
    const first = await read({ first: 30 })
    expect(first.keys.length).toBeGreaterThan(10)
    expect(first.keys.length).toBeLessThan(30)
    expect(first.around).toBe('>')
    const rest = await read({ first: 30, after: first.endCursor })
    expect([...first.keys, ...rest.keys]).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    const last = await read({ last: 30 })
    expect(last.around).toBe('<')
    expect(last.keys.at(-1)).toBe(30)
    const earlier = await read({ last: 30, before: last.startCursor })
    expect([...earlier.keys, ...last.keys]).toHaveLength(30)
    expect(earlier.around).toBe('>')
  })
})

describe('tokens', () => {
  it('are paged through from either end, without the revoked', async () => {
    const ids: string[] = []
    for (const name of ['p', 'q', 'r', 's']) {
      const { token } = await graph.mutate(
        'createToken',
        { principal: { name }, role: 'VIEWER' },
        '... on CreateTokenSuccess { token { id } }',
      )
      ids.unshift(token.id)
    }
    await graph.mutate('revokeToken', { tokenId: ids[1] }, '')
    const [s, , q, p] = ids
    const TOKENS = `query (${PAGE_VARIABLES}) { tokens(${PAGE_ARGS}) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
    const read = async (variables: Record<string, unknown>) => {
      const { tokens } = await graph.read(TOKENS, variables)
      return { ids: tokens.nodes.map(({ id }: Data) => id), ...tokens.pageInfo }
    }
    const first = await read({ first: 2 })
    expect(first).toMatchObject({ ids: [s, q], hasNextPage: true, hasPreviousPage: false })
    expect((await read({ first: 1, after: first.endCursor })).ids).toEqual([p])
    expect(await read({ last: 1, before: first.endCursor })).toMatchObject({
      ids: [s],
      hasNextPage: true,
      hasPreviousPage: false,
    })
  })
})

describe('workflows', () => {
  it('are paged through from either end', async () => {
    const WORKFLOWS = `query (${PAGE_VARIABLES}) { workflows(${PAGE_ARGS}) { nodes { name version } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
    const read = async (variables: Record<string, unknown>) => {
      const { workflows } = await graph.read(WORKFLOWS, variables)
      const { hasPreviousPage, hasNextPage, startCursor, endCursor } = workflows.pageInfo
      const names = workflows.nodes.map(({ name, version }: Data) => `${name}@${version}`)
      return {
        names,
        around: `${hasPreviousPage ? '<' : ''}${hasNextPage ? '>' : ''}`,
        startCursor,
        endCursor,
      }
    }
    const all = (await read({})).names
    expect(all.length).toBeGreaterThan(1)
    const first = await read({ first: 1 })
    expect(first).toMatchObject({ names: all.slice(0, 1), around: '>' })
    const last = await read({ last: 1 })
    expect(last).toMatchObject({ names: all.slice(-1), around: '<' })
    expect((await read({ last: 9, before: last.startCursor })).names).toEqual(all.slice(0, -1))
    expect((await read({ first: 9, after: first.endCursor })).names).toEqual(all.slice(1))
  })
})
