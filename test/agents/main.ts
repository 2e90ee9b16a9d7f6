/** Runs real agents under a real server and worker, offline against a scripted model, and tells what each is able to do. */
import { checkIsolated, isIsolated, runIsolated } from './isolate.ts'
import { choose, USAGE } from './choose.ts'
import type { Choice } from './choose.ts'
import { installAgents } from './install.ts'
import { runProgram } from './runProgram.ts'
import { AGENTS } from './agents.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import { applies, composeTable, findSurprise, keyOf, writeTable } from './table.ts'
import { holdTrials } from './trials.ts'

/** How long the short run takes, from its beginning, in milliseconds; what it has started ends within the rest of six minutes. */
const SHORT_MS = 335_000
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
  if (!stop.signal.aborted)
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = stop.signal.aborted ? 130 : 2
}

/** Installs what is needed, with a network, and goes on where there is none. */
async function prepare(choice: Choice): Promise<number> {
  const { signal } = stop
  if ((await runProgram(['npm', 'run', '--silent', 'build'], { signal })) !== 0) return 1
  await installAgents(choice.agents, signal)
  const ended = await runIsolated(signal)
  if (ended !== undefined) return ended
  console.warn('No network namespace can be made here: agents can reach whatever this machine can.')
  return tryAll(choice)
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
