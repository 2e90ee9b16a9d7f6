import { join } from 'node:path'
import { Command } from 'commander'
import { EXIT } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { quoteWord } from '../text/quoteCommand.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { printListening } from './kit/printListening.ts'
import { registerServer } from './kit/localServers.ts'
import { withExamples } from './kit/options.ts'
import { tellUpgrade } from './kit/tellUpgrade.ts'
import { prettyLog } from './terminal/prettyLog.ts'

interface Options extends CommonOptions {
  readonly config?: string
  readonly [setting: string]: unknown
}

/**
 * `pawl serve`: starts a server, and shuts it down in order.
 * @param whole whether to load its options, which takes as long as most commands do
 */
export async function serveCommand(whole: boolean): Promise<Command> {
  const command = new Command('serve').description('start a server, on the embedded PostgreSQL or on yours')
  if (whole) await addSettings(command)
  return withExamples(command, [
    'pawl serve',
    'pawl serve --port 0 --data /var/lib/pawl',
    'DATABASE_URL=postgresql://pawl@db/pawl pawl serve --host 0.0.0.0',
  ])
    .option('--json', 'print address and sign-in link as JSON')
    .action(
      createAction<Options>(async (invocation, options) => {
        ignoreBrokenOutput()
        const started = await start(invocation, options)
        if (typeof started === 'number') return started
        const { url, signInUrl, database } = started.server
        const unregister = registerServer(invocation.env, { url, data: started.data })
        invocation.answer({ url, signInUrl, database }, (printer) => {
          printListening(printer, { url, signInUrl })
          if (printer.isTerminal) invocation.note('the link works once; a new one: pawl open')
        })
        tellUpgrade(invocation, started.data)
        if (database.elsewhere)
          for (const line of tellElsewhere(database.elsewhere, started.data)) invocation.note(line)
        return started.closed.finally(unregister)
      }),
    )
}

/** A default as help shows it; none for what holds nothing. */
function textOf(preset: unknown): string | undefined {
  if (Array.isArray(preset)) return preset.join()
  const isPlain = typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean'
  return isPlain ? String(preset) : undefined
}

/** Each setting becomes an option, with its own description and default. */
async function addSettings(command: Command): Promise<void> {
  const { configSchema, flagOf, variableOf } = await import('../config.ts')
  command.option(
    '--config <file>',
    'file with settings, JSON or YAML (PAWL_CONFIG; default: pawl.config.json or .yaml)',
  )
  for (const [name, setting] of Object.entries(configSchema.shape)) {
    const key = name as keyof typeof configSchema.shape
    const preset = textOf(setting.safeParse(undefined).data)
    const about = preset ? `${variableOf(key)}; default: ${preset}` : variableOf(key)
    command.option(`${flagOf(key)} <value>`, `${setting.description ?? ''} (${about})`)
  }
}

/** The `database` folder is a link: an earlier Pawl made it where its PostgreSQL could not enter the data directory, or a person did. */
function tellElsewhere(home: string, data: string): readonly string[] {
  const entry = join(data, 'database')
  return [
    `the database is in ${home}, and ${entry} is a link to it: a copy of the data directory does not contain the data`,
    `to move it back, stop the server, then: rm ${quoteWord(entry)} && mv ${quoteWord(home)} ${quoteWord(entry)}`,
  ]
}

/** Starts the server; an exit code if the settings are wrong, which is reported, or if a signal stopped the start. */
async function start(invocation: Invocation, flags: Options) {
  const [
    { ConfigError },
    { loadConfig },
    { createLog },
    { startServer },
    { closeOnSignal, watchStopSignals },
  ] = await Promise.all([
    import('../configFile.ts'),
    import('../config.ts'),
    import('../log.ts'),
    import('../server/startServer.ts'),
    import('../server/closeOnSignal.ts'),
  ])
  const stop = watchStopSignals()
  try {
    const config = await loadConfig({ flags })
    const { err } = invocation
    // a person reads sentences, a collector JSON
    const destination = err.isTerminal && !invocation.isJson ? prettyLog(err) : undefined
    const log = createLog({ level: config.logLevel, ...(destination && { destination }) })
    const server = await startServer({ config, log, signal: stop })
    return { server, data: config.data, closed: closeOnSignal(server, log, stop) }
  } catch (error) {
    if (stop.aborted) return EXIT.done
    if (!(error instanceof ConfigError)) throw error
    for (const { where, message } of error.mistakes) invocation.err.line(`pawl: ${where}: ${message}`)
    return EXIT.usage
  }
}
