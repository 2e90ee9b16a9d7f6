/** Upgrades from an earlier version to this one under load, one server after the other, and checks what was promised. */
import { setMaxListeners } from 'node:events'
import { choose, USAGE } from './choose.ts'
import { UnavailableError } from './release.ts'
import { holdTrial } from './trial.ts'

/** The exit code where it can't be tried; 1: something is not as promised, 2: wrong words. */
const UNAVAILABLE = 69

/** How long it may take, with both builds, in milliseconds. */
const LIMIT_MS = 600_000

const stop = new AbortController()
const late = new Error(`not done within ${LIMIT_MS / 1000} seconds`)
setTimeout(() => stop.abort(late), LIMIT_MS)
setMaxListeners(0, stop.signal)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.log(`ending all that was started (${signal})`)
    stop.abort(new Error(signal))
  })

// clients that still ask for an answer end with this process
process.exit(await tryUpgrade())

async function tryUpgrade(): Promise<number> {
  let choice
  try {
    choice = choose(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    return 2
  }
  if (!choice) {
    console.log(USAGE)
    return 0
  }
  try {
    const problems = await holdTrial(choice, stop.signal)
    for (const problem of problems) console.log(`  ${problem}`)
    console.log(
      problems.length === 0 ? 'everything is as promised' : `${problems.length} are not as promised`,
    )
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    if (stop.signal.aborted && error !== late) return 130
    console.error(error instanceof UnavailableError ? error.message : error)
    return error instanceof UnavailableError ? UNAVAILABLE : 1
  }
}
