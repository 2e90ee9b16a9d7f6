import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestGraph, type TestGraph } from '../../support/graphql.ts'
import { begin } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let graph: TestGraph

beforeAll(async () => {
  graph = await openTestGraph({ workflows: [SOLO] })
})
afterAll(() => graph.close())

const RUN = `id status reason outcome epoch revision isSettled isFinal isResumable nextAction allowedCommands
  workflow { name version } currentPhase { key status } lease { owner fence isLive expiresAt } isCancelConfirmed`

describe('run', () => {
  it('shows everything that a run holds', async () => {
    const { id } = await begin(graph, { title: 'PR 31', labels: ['a', 'b'], input: { pr: 31 } })
    const { run } = await graph.read(
      `query ($id: ID!) { run(id: $id) { ${RUN} project title labels input output error round concurrencyKey
        phases { id key round status attempts isFinalPhase role nextPhases startedAt endedAt error { code } }
        missingEvidence { kind phase detail } createdAt startedAt settledAt lastActivityAt asOf
        continues { id } executions { edges { cursor } pageInfo { hasNextPage } }
        events { nodes { id seq type actor { kind name } epoch summary payload runId at } } } }`,
      { id },
    )
    expect(run).toMatchObject({
      id,
      status: 'QUEUED',
      reason: null,
      outcome: null,
      isSettled: false,
      isResumable: false,
      nextAction: 'CLAIM',
      project: 'default',
      title: 'PR 31',
      labels: ['a', 'b'],
      input: { pr: 31 },
      output: null,
      workflow: { name: 'solo', version: 1 },
      currentPhase: { key: 'work', status: 'PENDING' },
      phases: [{ key: 'work', attempts: 0, isFinalPhase: true, nextPhases: [], error: null }],
      missingEvidence: [{ kind: 'PHASE', phase: 'work' }],
      lease: null,
      continues: null,
      executions: { edges: [], pageInfo: { hasNextPage: false } },
    })
    expect(run.allowedCommands).toEqual(['CLAIM', 'PAUSE', 'CANCEL', 'FAIL', 'SEND_MESSAGE'])
    expect(run.events.nodes.map((event: { type: string }) => event.type)).toEqual([
      'RUN_CREATED',
      'ROUND_OPENED',
    ])
    expect(run.events.nodes[0]).toMatchObject({
      runId: id,
      seq: 1,
      id: `${id}/1`,
      actor: { kind: 'PRINCIPAL', name: 'adam' },
      summary: 'adam created the run of workflow solo version 1.',
      payload: { title: 'PR 31' },
    })
    expect(run.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Date.parse(run.asOf)).toBeGreaterThanOrEqual(Date.parse(run.createdAt))
  })

  it('is null for an id that names nothing, well-formed or not', async () => {
    const query = 'query ($id: ID!) { run(id: $id) { id } }'
    const unknown = 'run_01jd0000000000000000000000'
    for (const id of [unknown, '', 'run_', '7', 'phs_01jd0000000000000000000000', unknown.toUpperCase()])
      expect([id, await graph.ask(query, { id })]).toEqual([id, { data: { run: null } }])
  })
})
