import { loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { closeOnSignal } from '../../src/server/closeOnSignal.ts'
import { startServer } from '../../src/server/startServer.ts'

/** A server as a separate process: settings from the environment, one JSON line on stdout once it listens. */
const config = await loadConfig()
const log = createLog({ level: config.logLevel })
const server = await startServer({ config, log })
const code = closeOnSignal(server, log)
console.log(
  JSON.stringify({ url: server.url, signInUrl: server.signInUrl, adopted: server.database.adopted }),
)
process.exitCode = await code
