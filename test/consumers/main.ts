/**
 * Installs the packed packages in empty folders the way their users do, runs what the recipes show and the samples of deploy/, and
 * prints a table. Needs the npm registry.
 */
import { choose, composeUsage } from './choose.ts'
import { playRows } from './matrix.ts'
import { clientRows } from './rows/clients.ts'
import { deployRows } from './rows/deploy/deploy.ts'
import { frameworkRows } from './rows/frameworks.ts'
import { installRows } from './rows/install.ts'

const rows = [...installRows, ...frameworkRows, ...clientRows, ...deployRows]
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.error(`ending all that was started (${signal})`)
    stop.abort(new Error(signal))
  })

try {
  const choice = choose(rows, process.argv.slice(2))
  if (choice) process.exitCode = await playRows(choice, stop.signal)
  else console.log(composeUsage(rows))
} catch (error) {
  if (!stop.signal.aborted) console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = stop.signal.aborted ? 130 : 2
}
