import { timeLimit } from '../../src/processes/timeLimit.ts'
import { orAborted } from '../../src/adapters/kit/waiting.ts'
import type { RealAgent } from './agents.ts'
import type { Choice } from './choose.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { record } from './record.ts'
import { startServer } from './server.ts'
import type { Server } from './server.ts'
import { Stage } from './stage.ts'
import { applies, findSurprise, keyOf } from './table.ts'
import type { Cell, Result } from './table.ts'

/** How long a trial may take, in milliseconds. */
const TRIAL_MS = 240_000
/** Until when trials are held, and what ends them all. */
export interface Limits {
  /** As `performance.now()`. */
  readonly endsAt: number
  readonly signal: AbortSignal
}

/** Takes the chosen agents through the chosen scenarios, and returns what came of it. */
export async function holdTrials(
  { agents, scenarios, jobs }: Choice,
  limits: Limits,
): Promise<Map<string, Result>> {
  const results = new Map<string, Result>()
  const server = await startServer()
  try {
    const waiting = [...agents]
    const takeNext = async () => {
      for (let agent = waiting.shift(); agent; agent = waiting.shift())
        await tryAgent(agent, scenarios, server, limits, results)
    }
    await Promise.all(Array.from({ length: jobs }, takeNext))
  } finally {
    await server.close()
  }
  return results
}

async function tryAgent(
  agent: RealAgent,
  scenarios: readonly Scenario[],
  server: Server,
  limits: Limits,
  results: Map<string, Result>,
): Promise<void> {
  const stage = await Stage.set(agent, server, limits.signal)
  try {
    for (const scenario of scenarios) {
      const cell = { agent, scenario }
      if (!applies(cell)) continue
      const startedAt = performance.now()
      const result = await play(stage, cell, limits)
      if (!result) return
      results.set(keyOf(cell), result)
      tell(cell, result, performance.now() - startedAt)
    }
  } finally {
    await stage.close()
  }
}

/** What came of a trial; undefined where the time for all of them was over before its own. */
async function play(stage: Stage, cell: Cell, { endsAt, signal }: Limits): Promise<Result | undefined> {
  const left = endsAt - performance.now()
  if (left <= 0 || signal.aborted) return undefined
  const limit = Math.min(TRIAL_MS, left)
  const { scenario } = cell
  const runId = await stage.begin(scenario.workflow)
  const result = await playOut(stage, scenario, runId, timeLimit(limit, signal))
  await stage.end(runId)
  if (signal.aborted || (result.outcome === 'NO' && performance.now() >= endsAt)) return undefined
  if (findSurprise(cell, result) !== null)
    console.log(`see ${await record(stage, runId, keyOf(cell).replace(' ', '-'))}`)
  return result
}

async function playOut(
  stage: Stage,
  scenario: Scenario,
  runId: string,
  signal: AbortSignal,
): Promise<Result> {
  try {
    const words = await orAborted(scenario.play(stage, runId), signal)
    return words === undefined ? { outcome: 'YES' } : { outcome: 'LACKS', words }
  } catch (error) {
    const words = signal.aborted
      ? 'it did not come to an end'
      : String(error instanceof Error ? error.message : error)
    return { outcome: 'NO', words }
  }
}

function tell(cell: Cell, result: Result, ms: number): void {
  const { agent, scenario } = cell
  const surprise = findSurprise(cell, result)
  const words = 'words' in result ? `: ${result.words}` : ''
  const note = surprise === null ? '' : '  (not as it is known)'
  const seconds = `${(ms / 1_000).toFixed(0)} s`
  console.log(
    `${agent.name.padEnd(13)}${scenario.id.padEnd(11)}${seconds.padStart(5)}  ${result.outcome}${words}${note}`,
  )
}
