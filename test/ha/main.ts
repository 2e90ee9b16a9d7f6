/** Takes the machines, links and programs of a highly available installation away under load, and checks what was promised. */
import { findWay, checkIsolated, isIsolated, NotIsolatedError, runIsolated } from '../support/isolate.ts'
import { choose, USAGE } from './choose.ts'
import type { Choice } from './choose.ts'
import { findPrograms, UnavailableError } from './programs.ts'
import { holdTrial } from './trial.ts'

/** The exit code where it can't be tried on this machine; 1: something is not as promised, 2: wrong words. */
const UNAVAILABLE = 69

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.log(`ending all that was started (${signal})`)
    stop.abort(new Error(signal))
  })

try {
  const choice = choose(process.argv.slice(2))
  if (!choice) console.log(USAGE)
  // what is still under way ends with this process, the first of its namespace
  else if (isIsolated()) process.exit(await tryIsolated(choice))
  else {
    findPrograms()
    process.exitCode = await runIsolated(
      findWay('machines could not be cut off from each other, so nothing is tried.'),
      stop.signal,
    )
  }
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130
  else if (error instanceof NotIsolatedError || error instanceof UnavailableError) {
    console.error(error.message)
    process.exitCode = UNAVAILABLE
  } else {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exitCode = 2
  }
}

async function tryIsolated(choice: Choice): Promise<number> {
  checkIsolated()
  // the one who started this is gone, or wants it to end
  process.stdin.on('end', () => stop.abort(new Error('ended from outside'))).resume()
  const late = new Error(`not done within ${choice.limitMs / 1000} seconds`)
  const limit = Number.isFinite(choice.limitMs)
    ? setTimeout(() => stop.abort(late), choice.limitMs)
    : undefined
  try {
    const ended = new Promise<never>((_, reject) =>
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason)),
    )
    const problems = await Promise.race([holdTrial(choice, findPrograms(), stop.signal), ended])
    for (const problem of problems) console.log(`  ${problem}`)
    console.log(
      problems.length === 0 ? 'everything is as promised' : `${problems.length} are not as promised`,
    )
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    if (stop.signal.aborted && error !== late) return 130
    console.error(error)
    return 1
  } finally {
    clearTimeout(limit)
    process.stdin.destroy()
  }
}
