import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap, type Pawl, type RunEvent, type WorkflowDefinition } from '@pawl/sdk'
import type { Bench } from '../bench.ts'
import { makeFolder } from '../resources.ts'
import type { Figure } from '../results.ts'
import type { BenchServer } from '../startServer.ts'
import { spread } from '../statistics.ts'
import { STABLE_MS } from '../../src/worker/run/budgets.ts'
import { startWorker } from './startWorker.ts'

const KEYS = ['plan', 'build', 'check', 'verify']
const LEASE_SECONDS = 30
/** How long a staying agent continues after writing its file, in milliseconds: longer than until the file counts as complete. */
const STAY_MS = 3_000

const WORKFLOW: WorkflowDefinition = {
  name: 'phases',
  version: 1,
  initialPhase: 'plan',
  phases: [
    ...KEYS.map((key, index) => ({
      key,
      next: [KEYS[index + 1] ?? 'done'],
      role: 'agent',
      artifact: { path: 'out.json', schema: { type: 'object', required: ['ok'] } },
    })),
    { key: 'done', final: true },
  ],
}

/** An agent that writes its file at once, records the milliseconds since its start, and stays for a given time. */
const AGENT = `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
const [times, stay] = process.argv.slice(2)
readFileSync(0)
writeFileSync('out.json', '{"ok":true}')
appendFileSync(times, performance.now() + '\\n')
setTimeout(() => undefined, Number(stay))
`

/** Milliseconds of one phase in excess of the agent's own time, by the database's clock. */
interface Overhead {
  /** Until its file is accepted. */
  readonly accepted: number
  /** Until the next phase has started, or the run is completed. */
  readonly whole: number
}

/** Measures the overhead of the worker for each phase. */
export async function timePhases(bench: Bench, server: BenchServer): Promise<Figure[]> {
  const pawl = createPawl({ url: server.url, token: server.token })
  unwrap(await pawl.workflows.register(WORKFLOW))
  bench.tell('phases of agents that end with their file')
  const ending = await timeRuns(bench, server, pawl, 0)
  bench.tell('phases of agents that stay after their file')
  const staying = await timeRuns(bench, server, pawl, STAY_MS)
  const figure = (what: string, values: readonly number[]): Figure => ({
    kind: 'figure',
    what: `phase beyond its agent's own time: ${what}`,
    unit: 'ms',
    value: spread(values),
  })
  const stayed = staying.map(({ accepted }) => accepted)
  return [
    figure(
      'agent ends, to the next phase',
      ending.map(({ whole }) => whole),
    ),
    figure(
      'agent ends, to its file accepted',
      ending.map(({ accepted }) => accepted),
    ),
    figure(`agent stays, ${STABLE_MS} ms of unchanged file included`, stayed),
    figure(
      'agent stays, without those',
      stayed.map((accepted) => accepted - STABLE_MS),
    ),
  ]
}

async function timeRuns(bench: Bench, server: BenchServer, pawl: Pawl, stayMs: number): Promise<Overhead[]> {
  const folder = await makeFolder(bench.resources)
  const [agent, times] = [join(folder, 'agent.mjs'), join(folder, 'times')]
  await writeFile(agent, AGENT)
  const worker = await startWorker(bench, {
    server,
    owner: `stays-${stayMs}`,
    workflow: WORKFLOW.name,
    folder,
    command: [process.execPath, agent, times, String(stayMs)],
    leaseSeconds: LEASE_SECONDS,
  })
  const overheads: Overhead[] = []
  for (let round = 0; round < bench.options.rounds; round++) {
    await writeFile(times, '')
    const { run } = unwrap(await pawl.runs.start({ workflow: WORKFLOW.name }))
    const events: RunEvent[] = []
    const { signal } = bench.resources
    for await (const event of pawl.runs.events(run.id, { signal, untilSettled: true })) events.push(event)
    const own = (await readFile(times, 'utf8')).trim().split('\n').map(Number)
    overheads.push(...subtract(events, own))
  }
  await worker.stop()
  return overheads
}

/** Subtracts the agents' own times from those of the phases. */
function subtract(events: readonly RunEvent[], own: readonly number[]): Overhead[] {
  const timesOf = (...types: readonly RunEvent['type'][]) =>
    events.filter(({ type }) => types.includes(type)).map(({ at }) => Date.parse(at))
  const begun = timesOf('PHASE_STARTED', 'RUN_COMPLETED')
  const accepted = timesOf('PHASE_COMPLETED')
  if (own.length !== KEYS.length || accepted.length < KEYS.length || begun.length <= KEYS.length)
    throw new Error(`not every phase went well at once: ${events.map(({ summary }) => summary).join('; ')}`)
  return own.map((agent, index) => {
    const [from, until, next] = [begun[index], accepted[index], begun[index + 1]]
    return { accepted: Number(until) - Number(from) - agent, whole: Number(next) - Number(from) - agent }
  })
}
