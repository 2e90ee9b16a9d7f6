import type { Command } from 'commander'
import { createPawl } from '@pawl/sdk'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { collect, createCommand, explanation, defaultOwner, parseCount, timeOption } from './kit/options.ts'
import { version } from './kit/version.ts'
import { workerListCommand } from './worker/list.ts'
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

/** `pawl worker`: claims runs and lets agents work on their phases. */
export function workerCommand(): Command {
  return createCommand('worker', 'claim runs and let agents work on their phases', [
    'pawl worker                                # as pawl.worker.yaml in this folder says',
    'pawl worker --config agents.yaml --workflow delivery --concurrency 2',
    'pawl worker list                           # who is connected, and what they hold',
    'pawl worker --json | jq -r "select(.kind == \\"run-left\\")"',
  ])
    .option('--config <file>', 'settings and agents (default: pawl.worker.yaml, .yml or .json here)')
    .option('--workflow <name>', 'only runs of this workflow; may be given several times', collect)
    .option('--label <name>', 'only runs with this label; may be given several times', collect)
    .option('--project <name>', 'only runs of this project')
    .option('--concurrency <number>', 'how many runs at a time (default: 1)', parseCount)
    .option('--owner <name>', 'name of the owner, shown to others (default: user@machine)')
    .addOption(
      timeOption('--lease <time>', 'length of a lease, 5s to 1h (default: 30s); renewed after a third of it'),
    )
    .addOption(
      timeOption(
        '--drain-seconds <time>',
        'how long running phases may continue when the worker is stopped (default: 30s)',
      ),
    )
    .option(
      '--pass-env <name>',
      'another environment variable that agents inherit; NAME* for a prefix; may be given several times',
      collect,
    )
    .addHelpText('after', explanation(EXPLANATION))
    .enablePositionalOptions()
    .addCommand(workerListCommand())
    .action(createAction<Options>((invocation, options) => work(invocation, options)))
}

const EXPLANATION = `
The file names the agent for each role; \`default\` is for any other:

  workflows: [delivery]
  workspace: { repository: ., base: main }
  agents:
    planner: { preset: claude }
    default: { adapter: process, command: [my-agent, --quiet], prompt: stdin }

For each phase the worker prompts the agent, waits for its file and submits it. If the file is rejected, the agent is asked
once to repair it; after that a person is asked. If a worker is killed, the next one continues from the log.

Signals: after the first SIGTERM or Ctrl-C it stops claiming runs, and running phases may continue for --drain-seconds; then
their agents are stopped and the runs are released. The second kills the agents at once and releases the runs.
See docs/worker.md.`

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
  const { url, token } = invocation.findServer()
  const pawl = createPawl({ url, token })
  const { role } = await pawl.viewer()
  if (role !== 'WORKER' && role !== 'ADMIN')
    throw new UsageError(`A worker needs a token of the role WORKER; this one is of ${role}`, EXIT.notAllowed)
  if (Object.keys(config.agents).length === 0)
    throw new UsageError(
      'No agents are set up here: a worker without any would claim runs and could only put them to a person.\n' +
        'Name them in pawl.worker.yaml (pawl init writes one), or the file with --config',
      EXIT.usage,
    )
  const owner = config.owner ?? defaultOwner()
  const worker = startWorker({
    pawl,
    url,
    owner,
    program: `pawl ${version}`,
    config,
    report: (news) => printNews(invocation, news),
  })
  const stops = watchStops(worker)
  try {
    await worker.finished
    return stops.exitCode()
  } finally {
    stops.end()
  }
}
