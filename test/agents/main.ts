/** Runs real agents under a real server and worker, offline against a scripted model, and tells what each is able to do. */
import { checkIsolated, findWay, isIsolated, NotIsolatedError, runIsolated } from '../support/isolate.ts'
import { choose, USAGE } from './choose.ts'
import type { Choice } from './choose.ts'
import { installAgents } from './install.ts'
import { runProgram } from './runProgram.ts'
import { AGENTS } from './agents.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import { applies, composeTable, findSurprise, keyOf, writeTable } from './table.ts'
import { holdTrials } from './trials.ts'

/** How long the short run takes, from its beginning, in milliseconds; what it has started ends within the rest of six minutes. */
const SHORT_MS = 320_000
/** The exit code where agents can't be tried on this machine; 1: something is not as it is known, 2: wrong words, or nothing to try. */
const UNAVAILABLE = 69

/** When the command began, in milliseconds since 1970: the variable tells the isolated part of it. */
const BEGUN = 'PAWL_AGENTS_BEGUN'
const begunAt = (process.env[BEGUN] ??= String(Date.now()))

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.log(`ending all that was started (${signal})`)
    stop.abort(new Error(signal))
  })

try {
  const choice = choose(process.argv.slice(2))
  if (choice) process.exitCode = isIsolated() ? await tryIsolated(choice) : await prepare(choice)
  else console.log(USAGE)
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130
  else if (error instanceof NotIsolatedError) {
    console.error(error.message)
    process.exitCode = UNAVAILABLE
  } else {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exitCode = 2
  }
}

/** Installs what is needed, with a network, and goes on where there is none. */
async function prepare(choice: Choice): Promise<number> {
  const { signal } = stop
  const way = findWay('agents could reach more than loopback, so none is tried.')
  const build = ['npm', 'run', '--silent', 'build']
  const [code] = await Promise.all([
    choice.isBuilt ? 0 : runProgram(build, { signal }),
    installAgents(choice.agents, signal),
  ])
  return code === 0 ? runIsolated(way, signal) : 1
}

async function tryIsolated(choice: Choice): Promise<number> {
  checkIsolated()
  // whoever started this one is gone, or wants it to end
  process.stdin.on('end', () => stop.abort(new Error('ended from outside'))).resume()
  try {
    return await tryAll(choice)
  } finally {
    process.stdin.destroy()
  }
}

async function tryAll(choice: Choice): Promise<number> {
  const endsAt = choice.isShort ? performance.now() + SHORT_MS - (Date.now() - Number(begunAt)) : Infinity
  const results = await holdTrials(choice, { endsAt, signal: stop.signal })
  if (stop.signal.aborted) return 130
  const table = composeTable(results)
  if (choice.writes) writeTable(table)
  console.log(`\n${table}`)
  const cells = AGENTS.flatMap((agent) => SCENARIOS.map((scenario) => ({ agent, scenario })))
  const surprises = cells.flatMap((cell) => {
    const result = results.get(keyOf(cell))
    const words = result && findSurprise(cell, result)
    return words ? `${keyOf(cell)}: ${words}` : []
  })
  const chosen = cells.filter(
    (cell) => choice.agents.includes(cell.agent) && choice.scenarios.includes(cell.scenario) && applies(cell),
  )
  console.log(`${results.size} of ${chosen.length} were tried, ${surprises.length} not as they are known`)
  for (const surprise of surprises) console.log(`  ${surprise}`)
  return surprises.length > 0 ? 1 : 0
}
