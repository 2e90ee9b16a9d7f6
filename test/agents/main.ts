/**
 * Runs real agents under a real server and worker, offline against a scripted model, and prints what each is able to do.
 *
 * npm run test:agents -- [--quick] [--write] [--only TEXT] [AGENT…]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AGENTS } from './agents.ts'
import type { RealAgent } from './agents.ts'
import { installAgents } from './install.ts'
import { isIsolated, runIsolated } from './isolate.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { Stage, startServer } from './stage.ts'
import { composeTable, writeTable } from './table.ts'
import type { Result } from './table.ts'

/** How long a scenario may take, and all of them in the short run, in milliseconds. */
const SCENARIO_MS = 300_000
const QUICK_MS = 360_000
/** The agents of the short run. */
const QUICK_AGENTS = ['gemini', 'codex']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})
const wanted =
  positionals.length > 0 ? positionals : values.quick ? QUICK_AGENTS : AGENTS.map(({ name }) => name)
const agents = AGENTS.filter(({ name }) => wanted.includes(name))
const scenarios = SCENARIOS.filter(
  ({ isQuick, ability }) => (isQuick || !values.quick) && ability.includes(values.only),
)

const startedAt = performance.now()
if (!isIsolated()) installAgents(agents)
const ended = runIsolated()
if (ended === undefined) await run()
else process.exitCode = ended

async function run(): Promise<void> {
  const endsAt = values.quick ? startedAt + QUICK_MS : Infinity
  const results = new Map(scenarios.map((scenario) => [scenario, new Map<RealAgent, Result>()]))
  const server = await startServer()
  try {
    // side by side, since each waits for its processes most of the time
    await Promise.all(
      agents.map(async (agent) => {
        const stage = await Stage.set(agent, server)
        for (const scenario of scenarios) {
          const result = await play(stage, scenario, endsAt)
          results.get(scenario)?.set(agent, result)
          tell(agent, scenario, result)
        }
        await stage.close()
      }),
    )
  } finally {
    await server.close()
  }
  const table = composeTable(agents, results)
  console.log(`\n${table}`)
  if (values.write) writeTable(table)
  const isBroken = [...results.values()].some((byAgent) =>
    [...byAgent.values()].some(({ outcome }) => outcome !== 'YES'),
  )
  process.exitCode = isBroken ? 1 : 0
}

async function play(stage: Stage, scenario: Scenario, endsAt: number): Promise<Result> {
  const limit = Math.min(SCENARIO_MS, endsAt - performance.now())
  if (limit <= 0) return { outcome: 'NOT_RUN' }
  const over = new AbortController()
  const runId = await stage.begin(scenario.workflow)
  try {
    const late = sleep(limit, undefined, { signal: over.signal }).then(() => {
      throw new Error(`not done in ${Math.round(limit / 1_000)} s`)
    })
    const words = await Promise.race([scenario.play(stage, runId), late])
    return { outcome: 'YES', words: words ?? undefined }
  } catch (error) {
    return { outcome: 'NO', words: error instanceof Error ? error.message : String(error) }
  } finally {
    over.abort()
    await stage.end(runId)
  }
}

function tell({ name }: RealAgent, { ability }: Scenario, result: Result): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
  const words = 'words' in result && result.words !== undefined ? ` (${result.words})` : ''
  console.log(`${seconds.padStart(4)} s  ${name}  ${result.outcome.padEnd(7)}  ${ability}${words}`)
}
