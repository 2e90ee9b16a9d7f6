/**
 * A server reduced to its database: opens the one of a data directory, tells about it on stdout as one line of JSON, and
 * closes it when told to on stdin. Started as a process of its own by `startHolder`.
 */
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import type * as OpenDatabase from '../../../src/database/openDatabase.ts'

const [source, dataDir] = process.argv.slice(2) as [string, string]
const { openDatabase } = (await import(pathToFileURL(source).href)) as typeof OpenDatabase

try {
  const database = await openDatabase({ dataDir })
  const { poolConfig, adopted, kind } = database
  console.log(JSON.stringify({ opened: { poolConfig, adopted, kind } }))
  await once(process.stdin, 'data')
  await database.close()
  process.stdin.destroy()
} catch (error) {
  const { name, code, message } = error as Error & { code?: string }
  console.log(JSON.stringify({ failed: { name, code, message } }))
}
