import type { Command } from 'commander'
import { createPawl } from '@pawl/sdk'
import { findServer } from './kit/connect.ts'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { collect, createCommand, defaultOwner, parseCount, parseSeconds } from './kit/options.ts'
import { printNews } from './worker/printNews.ts'
import { watchStops } from './worker/watchStops.ts'

interface Options extends CommonOptions {
  readonly config?: string
  readonly owner?: string
  readonly workflow?: string[]
  readonly label?: string[]
  readonly project?: string
  readonly concurrency?: number
  /** Seconds. */
  readonly lease?: number
  readonly drainSeconds?: number
  readonly passEnv?: string[]
}

/** `pawl worker`: takes runs and has agents work on their phases. */
export function workerCommand(): Command {
  return createCommand('worker', 'take runs, and have agents do the work of their phases', [
    'pawl worker                                # as pawl.worker.yaml in this folder says',
    'pawl worker --config agents.yaml --workflow delivery --concurrency 2',
    'pawl worker --json | jq -r "select(.kind == \\"run-left\\")"',
  ])
    .option('--config <file>', 'settings and agents (default: pawl.worker.yaml, .yml or .json here)')
    .option('--workflow <name>', 'only runs of this workflow; may be given several times', collect)
    .option('--label <name>', 'only runs with this label; may be given several times', collect)
    .option('--project <name>', 'only runs of this project')
    .option('--concurrency <number>', 'how many runs at a time (default: 1)', parseCount)
    .option('--owner <name>', 'who owns the runs, as others see it (default: user@machine)')
    .option(
      '--lease <time>',
      'length of a lease, 5s to 1h (default: 30s); renewed every third of it',
      parseSeconds,
    )
    .option(
      '--drain-seconds <number>',
      'how long phases at work may go on when the worker is stopped (default: 30)',
      parseSeconds,
    )
    .option(
      '--pass-env <name>',
      'a variable that agents inherit beside those that every agent does; NAME* for all that begin so; may be given several times',
      collect,
    )
    .addHelpText('after', EXPLANATION)
    .action(createAction<Options>((invocation, options) => work(invocation, options)))
}

const EXPLANATION = `
The file names who works on phases, by their role; \`default\` is for any other:

  workflows: [delivery]
  workspace: { repository: ., base: main }
  agents:
    planner: { preset: claude }
    default: { adapter: process, command: [my-agent, --quiet], prompt: stdin }

Each phase is prompted, its file waited for, handed over and repaired once where it is wrong; then a person is asked.
A worker that is killed loses nothing: the next one goes on where the log says that it stood.

Signals: the first SIGTERM or Ctrl-C takes no more runs and lets phases at work go on for --drain-seconds, then stops their
agents and gives the runs back. The second kills the agents at once, and gives the runs back.
docs/worker.md tells all of it.`

async function work(invocation: Invocation, options: Options): Promise<number> {
  ignoreBrokenOutput()
  const [{ ConfigError }, { loadConfig }, { startWorker }] = await Promise.all([
    import('../configFile.ts'),
    import('../worker/config/loadConfig.ts'),
    import('../worker/startWorker.ts'),
  ])
  const flags = {
    owner: options.owner,
    workflows: options.workflow,
    labels: options.label,
    project: options.project,
    concurrency: options.concurrency,
    leaseSeconds: options.lease,
    drainSeconds: options.drainSeconds,
    passEnv: options.passEnv,
  }
  const config = await loadConfig({ file: options.config, flags }).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.message, EXIT.usage)
  })
  const { url, token } = findServer(invocation.env, options)
  const pawl = createPawl({ url, token })
  const { role } = await pawl.viewer()
  if (role !== 'WORKER' && role !== 'ADMIN')
    throw new UsageError(`A worker needs a token of the role WORKER; this one is of ${role}`, EXIT.notAllowed)
  const owner = config.owner ?? defaultOwner()
  const worker = startWorker({ pawl, url, owner, config, report: (news) => printNews(invocation, news) })
  const stops = watchStops(worker)
  try {
    await worker.finished
    return stops.exitCode()
  } finally {
    stops.end()
  }
}
