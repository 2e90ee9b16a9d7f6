import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import type { WorkflowDefinition } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND, shellAgent } from './startTestWorker.ts'

const GOOD = `echo '{"ok":true}' > out.json`

/** A role that is called as what every object of JavaScript inherits. */
const INHERITED = {
  ...ERRAND,
  name: 'inherited-name',
  phases: [{ ...ERRAND.phases[0], role: 'constructor' }, ERRAND.phases[1]],
} as const satisfies WorkflowDefinition

/** One phase that the agent ends by its own command, and the end. */
const BY_COMMAND = {
  name: 'by-command',
  version: 1,
  initialPhase: 'go',
  phases: [
    { key: 'go', next: ['home'], role: 'runner' },
    { key: 'home', final: true },
  ],
} as const satisfies WorkflowDefinition

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

async function open(...workflows: WorkflowDefinition[]): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  for (const workflow of workflows) unwrap(await bench.person.workflows.register(workflow))
  return bench
}

test('a worker with one slot completes a run that waits for its child, which needs the slot', async () => {
  const bench = await open(ERRAND)
  bench.start({ runner: shellAgent(`while [ ! -f go ]; do sleep 0.1; done; ${GOOD}`) }, { concurrency: 1 })
  const parentId = await bench.begin('errand')
  await bench.until(parentId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
  const fields = { workflow: 'errand', labels: [bench.label], parentRunId: parentId }
  const { run: child } = unwrap(await bench.person.runs.start(fields))
  await writeFile(`${bench.workspace}/go`, '')
  const parent = await bench.settled(parentId)
  expect([parent.status, parent.outcome]).toEqual(['COMPLETED', 'SUCCESS'])
  expect((await bench.look(child.id)).status).toBe('COMPLETED')
  const taken = bench.news.flatMap((item) => (item.kind === 'run-taken' ? [item.runId] : []))
  expect(taken).toEqual([parentId, child.id, parentId])
})

test('a worker runs a workflow whose role is called constructor, by its own agent or the default one', async () => {
  const bench = await open(INHERITED)
  const first = bench.start({ default: shellAgent(GOOD) })
  const byDefault = await bench.settled(await bench.begin('inherited-name'))
  await first.drain()
  bench.start({ constructor: shellAgent(GOOD), default: shellAgent('exit 1') })
  const byOwn = await bench.settled(await bench.begin('inherited-name'))
  expect([byDefault.status, byOwn.status]).toEqual(['COMPLETED', 'COMPLETED'])
  expect(byOwn.phases[0]?.attempts).toBe(1)
})

test('a worker without an agent for the role constructor asks a person', async () => {
  const bench = await open(INHERITED)
  bench.start({ runner: shellAgent(GOOD) })
  const { approval } = await bench.asked(await bench.begin('inherited-name'))
  expect(approval.question).toContain('No agent is configured for the role constructor')
})

test('a workflow with a role called __proto__ is refused: names begin with a letter', async () => {
  const bench = await open()
  const phases = [{ ...ERRAND.phases[0], role: '__proto__' }, ERRAND.phases[1]]
  const answer = await bench.person.workflows.register({ ...ERRAND, name: 'proto', phases })
  expect(answer.__typename).toBe('InvalidInput')
})

test('a phase that was moved on before its agent was opened is left, and the run continues', async () => {
  const bench = await open(BY_COMMAND)
  let isMoved = false
  const moveOn = async () => {
    if (isMoved) return
    isMoved = true
    const [run] = (await bench.person.runs.list({ filter: { labels: [bench.label] } })).nodes
    const { id, lease } = run ?? {}
    if (id === undefined || !lease) throw new Error('no run is owned')
    const claim = { fence: lease.fence }
    unwrap(await bench.pawl.phases.start(id, 'go', claim))
    unwrap(await bench.pawl.phases.advance(id, 'home', claim))
  }
  bench.start(
    { runner: shellAgent('exit 1') },
    { onStep: (step) => (step === 'workspace-opened' ? moveOn() : undefined) },
  )
  const run = await bench.settled(await bench.begin('by-command'))
  expect([run.status, run.error]).toEqual(['COMPLETED', null])
})
