import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveRun } from '../../../src/commands/run/resolveRun.ts'
import { type Data, openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { passTime } from '../../support/passTime.ts'
import { begin, runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
})
afterAll(() => graph.close())

/** A run that lost its owner, and another whose lapse the database refuses to write. */
async function lose(project: string): Promise<{ stuck: string; lost: string }> {
  const { id: stuck } = await runIn(graph, 'RUNNING', { project })
  const { id: lost } = await runIn(graph, 'RUNNING', { project })
  for (const id of [stuck, lost]) await passTime(graph.store, id, 60)
  await graph.store.pool.query(`
    CREATE FUNCTION "refuse_${stuck}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$;
    CREATE TRIGGER "refuse_${stuck}" BEFORE UPDATE ON run FOR EACH ROW WHEN (OLD.id = '${stuck}')
      EXECUTE FUNCTION "refuse_${stuck}"();`)
  return { stuck, lost }
}

const LIST = `query ($project: String!) {
  runs(filter: { project: $project }) { edges { node { id status } } }
  runCounts(filter: { project: $project, statuses: [RUNNING, FAILED] }) { status count }
}`

describe('a run that can not be moved on', () => {
  it('is shown as it stands, and spoils no list: the others are moved on', async () => {
    const { stuck, lost } = await lose('list')
    const { runs, runCounts } = await graph.read(LIST, { project: 'list' })
    expect(runs.edges.map(({ node }: Data) => node)).toEqual([
      { id: lost, status: 'FAILED' },
      { id: stuck, status: 'RUNNING' },
    ])
    expect(runCounts).toEqual([
      { status: 'RUNNING', count: 1 },
      { status: 'FAILED', count: 1 },
    ])
    const { run } = await graph.read('query ($id: ID!) { run(id: $id) { status } }', { id: stuck })
    expect(run).toEqual({ status: 'RUNNING' })
  })

  it('keeps nobody from finding the run that is meant', async () => {
    const { stuck } = await lose('meant')
    const { id: active } = await begin(graph, { project: 'meant' })
    expect(await resolveRun(graph.commands, graph.callers.admin, { project: 'meant' })).toMatchObject({
      problem: { type: 'AmbiguousRun', candidates: [{ run: { id: active } }, { run: { id: stuck } }] },
    })
  })

  it('is owed by the sweep, which moves the others on and says what it could not', async () => {
    const { lost } = await lose('swept')
    await expect(graph.mutate('sweep', {}, '')).rejects.toThrow()
    const { rows } = await graph.store.pool.query('SELECT status FROM run WHERE id = $1', [lost])
    expect(rows).toEqual([{ status: 'FAILED' }])
  })
})
