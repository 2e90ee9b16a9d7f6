import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { violatedConstraint } from '../../../src/store/sql/openStore.ts'
import { codesOf, type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { SOLO } from '../../support/workflows.ts'
import { problem, send, succeeded } from './send.ts'

let graph: TestGraph
let apollo: Caller
let gemini: Caller
let both: Caller
beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
  const { operator } = graph.callers
  apollo = { ...operator, name: 'ann', projects: ['apollo'] }
  gemini = { ...operator, name: 'gus', projects: ['gemini'] }
  both = { ...operator, name: 'bo', projects: ['apollo', 'gemini'] }
})
afterAll(() => graph.close())

const REGISTER = `... on RegisterWorkflowSuccess { hasChanged workflow { id project name version } } ... on WorkflowMismatch { name version }`
const register = (definition: object, as: Caller, project?: string) =>
  send(graph, 'registerWorkflow', { definition, ...(project && { project }) }, REGISTER, as)
const START = `... on StartRunSuccess { run { id project workflow { id project version } } } ... on NotFound { message }`
const start = (input: object, as: Caller) => send(graph, 'startRun', input, START, as)
const started = async (input: object, as: Caller) => succeeded(await start(input, as)).run.workflow
const definition = (name: string, version = 1, rest: object = {}) => ({
  name,
  version,
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, ...rest }],
})

describe('a workflow', () => {
  it('of a token that sees one project belongs to that, of one without limits to the installation', async () => {
    const { operator } = graph.callers
    expect((await register(definition('own'), apollo)).workflow.project).toBe('apollo')
    expect((await register(definition('own'), operator)).workflow.project).toBeNull()
    expect((await register(definition('own'), operator, 'vostok')).workflow.project).toBe('vostok')
    expect((await register(definition('own'), both, 'gemini')).workflow.project).toBe('gemini')
    const again = await register(definition('own'), apollo)
    expect(again).toMatchObject({ hasChanged: false, workflow: { project: 'apollo' } })
  })

  it('is not registered for another project, nor by a limited token for all', async () => {
    expect(await register(definition('foreign'), apollo, 'gemini')).toEqual(
      problem('Forbidden', { requiredRole: null }),
    )
    for (const as of [both, { ...both, role: 'ADMIN' as const }])
      expect((await register(definition('foreign'), as)).__typename).toBe('Forbidden')
  })

  it('has its versions by project: another definition is a mismatch in its own only', async () => {
    await register(definition('same'), apollo)
    const other = definition('same', 1, { role: 'coder' })
    expect((await register(other, gemini)).hasChanged).toBe(true)
    expect(await register(other, apollo)).toEqual(problem('WorkflowMismatch', { name: 'same', version: 1 }))
  })
})

describe('a run without a version', () => {
  it('is never of what another project registered', async () => {
    await register({ ...definition('solo', 99), initialPhase: 'work' }, gemini)
    expect(await started({ workflow: 'solo' }, apollo)).toMatchObject({ project: null, version: 1 })
    expect(await started({ workflow: 'solo', project: 'vostok' }, graph.callers.operator)).toMatchObject({
      project: null,
      version: 1,
    })
    expect(await started({ workflow: 'solo' }, gemini)).toMatchObject({ project: 'gemini', version: 99 })
  })

  it('is of the project’s own, also where the installation has a newer one', async () => {
    await register(definition('plan', 1), apollo)
    await register(definition('plan', 7), graph.callers.operator)
    expect(await started({ workflow: 'plan' }, apollo)).toMatchObject({ project: 'apollo', version: 1 })
    expect(await started({ workflow: 'plan', version: 7 }, apollo)).toMatchObject({ project: null })
    expect(await started({ workflow: 'plan' }, gemini)).toMatchObject({ project: null, version: 7 })
  })

  it('of a name that only another project has is refused, with the names that there are for this one', async () => {
    await register(definition('secret-plan'), gemini)
    const refused = await start({ workflow: 'secret-plan' }, apollo)
    expect(refused).toMatchObject({ __typename: 'NotFound' })
    for (const name of ['review', 'solo', 'plan']) expect(refused.message).toContain(name)
    expect(refused.message).not.toMatch(/there are .*secret-plan/)
  })
})

describe('what a token sees of workflows', () => {
  const LIST = `query ($first: Int, $after: String) { workflows(first: $first, after: $after) {
    edges { node { id name version project } } pageInfo { hasNextPage endCursor } } }`
  const list = async (as: Caller, first = 500): Promise<Data[]> => {
    const found: Data[] = []
    for (let after: string | null = null; ;) {
      const { workflows } = await graph.read(LIST, { first, after }, { as })
      found.push(...workflows.edges.map(({ node }: Data) => node))
      if (!workflows.pageInfo.hasNextPage) return found
      after = workflows.pageInfo.endCursor
    }
  }

  it('is its projects’ own and the installation’s, each once on whatever pages', async () => {
    await register(definition('seen'), apollo)
    await register(definition('seen'), gemini)
    const projects = async (as: Caller) => (await list(as)).map(({ project }) => project)
    expect(await projects(apollo)).not.toContain('gemini')
    expect(new Set(await projects(both))).toEqual(new Set([null, 'apollo', 'gemini']))
    const whole = await list(graph.callers.viewer)
    expect(await list(graph.callers.viewer, 1)).toEqual(whole)
    expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length)
  })

  it('is by name what its project would start', async () => {
    await register(definition('by-name', 3), apollo)
    const query =
      'query ($project: String) { workflow(name: "by-name", project: $project) { project version } }'
    const own = { workflow: { project: 'apollo', version: 3 } }
    expect(await graph.read(query, {}, { as: apollo })).toEqual(own)
    expect(await graph.read(query, { project: 'apollo' }, { as: graph.callers.viewer })).toEqual(own)
    expect(await graph.read(query, {}, { as: gemini })).toEqual({ workflow: null })
    expect(codesOf(await graph.ask(query, { project: 'apollo' }, { as: gemini }))).toEqual(['FORBIDDEN'])
  })

  it('is by id no other project’s', async () => {
    const { workflow } = await register(definition('by-id'), apollo)
    const node = 'query ($id: ID!) { node(id: $id) { id } }'
    expect(await graph.read(node, workflow, { as: both })).toEqual({ node: { id: workflow.id } })
    expect(codesOf(await graph.ask(node, workflow, { as: gemini }))).toEqual(['FORBIDDEN'])
  })
})

describe('the database', () => {
  const insert = (id: string, project: string | null) =>
    graph.store.pool
      .query('INSERT INTO workflow (id, project, name, version, definition) VALUES ($1, $2, $3, 1, $4)', [
        id,
        project,
        'twice',
        definition('twice'),
      ])
      .then(() => null, violatedConstraint)

  it('holds one definition of a version in a project, and one in the installation', async () => {
    expect(await insert('wfl_1', 'apollo')).toBeNull()
    expect(await insert('wfl_2', 'apollo')).toBe('workflow_of_project')
    expect(await insert('wfl_3', 'gemini')).toBeNull()
    expect(await insert('wfl_4', null)).toBeNull()
    expect(await insert('wfl_5', null)).toBe('workflow_of_installation')
  })
})
