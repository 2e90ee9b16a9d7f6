import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { executeUnderLease } from './exec/executeUnderLease.ts'
import { whyNotPassed } from '../processes/inheritEnvironment.ts'
import { whyUnstartable } from '../processes/findCommand.ts'
import { lockWorkingDirectory } from './exec/lockWorkingDirectory.ts'
import { findRunToTake, takeRun } from './exec/takeRun.ts'
import type { TakeOptions } from './exec/takeRun.ts'
import { watchSignals } from './exec/watchSignals.ts'
import { createAction } from './kit/invocation.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { collect, createCommand, keyOption, parseSeconds, runOption } from './kit/options.ts'

interface Options extends TakeOptions {
  readonly killAfter: number
  readonly passEnv: readonly string[]
  readonly shared?: boolean
}

/** `pawl exec`: runs a command as the agent of a run, under a lease that lives as long as the command does. */
export function execCommand(): Command {
  return createCommand(
    'exec',
    'run a command as the agent of a run, under a lease that is kept while it lives',
    [
      "pawl exec --workflow review --title 'PR 31' -- my-agent --fast",
      'pawl exec --run run_01k9… -- ./agent.sh',
      'pawl exec --resume --run run_01k9… -- ./agent.sh   # take a failed run up again',
    ],
  )
    .argument('<command...>', 'the command and its arguments, after --')
    .addOption(runOption())
    .option('--resume', 'take up a run that is paused or failed, instead of one that waits')
    .option('--workflow <name>', 'start a run of this workflow')
    .option('--title <text>', 'with --workflow: what people call the run')
    .option('--input <json>', 'with --workflow: what the run works on: JSON, @file or -')
    .option('--label <name>', 'with --workflow: a label; may be given several times', collect)
    .option('--project <name>', 'with --workflow: the project')
    .option('--concurrency-key <key>', 'with --workflow: refused while another run holds the same key')
    .addOption(keyOption())
    .option('--owner <name>', 'who owns the run, as others see it (default: user@machine)')
    .option('--lease <time>', 'length of the lease, 5s to 1h; renewed every third of it', parseSeconds, 30)
    .option(
      '--kill-after <time>',
      'how long the command may take to stop before it is killed; never past the lease',
      parseSeconds,
      20,
    )
    .option(
      '--pass-env <name>',
      'a variable that the command inherits beside those that every agent does; NAME* for all that begin so; may be given several times',
      collectPassed,
      [],
    )
    .option('--shared', 'work here although another run does: the directory is shared on purpose')
    .addHelpText('after', EXPLANATION)
    .action(
      createAction<Options, [string[]]>(async (invocation, options, command) => {
        ignoreBrokenOutput()
        checkOptions(options)
        const unstartable = whyUnstartable(command[0] ?? '', invocation.env)
        if (unstartable) {
          invocation.err.line(`pawl: ${unstartable.message}`)
          return unstartable.exitCode
        }
        const signals = watchSignals(invocation)
        try {
          const runId = await findRunToTake(invocation, options)
          const lock = await lockWorkingDirectory(invocation, { runId, isShared: options.shared === true })
          try {
            const taken = await takeRun(invocation, options, runId)
            await lock.name({ runId: taken.run.id, fence: taken.lease.fence })
            return await executeUnderLease(invocation, { ...options, command, taken, signals, lock })
          } finally {
            lock.release()
          }
        } finally {
          signals.end()
        }
      }),
    )
}

const EXPLANATION = `
The command inherits HOME, PATH, locale, terminal, proxy and XDG variables, the keys of well-known agents and what
--pass-env names, as docs/agents.md lists; nothing else. It finds in its environment PAWL_URL, PAWL_TOKEN (good for this run alone), PAWL_RUN_ID and
PAWL_EXECUTION_ID, so that \`pawl state\`, \`pawl phase advance\`, \`pawl run complete\` mean its run.

One run at a time works in a directory of this machine: where another does, nothing is started or claimed, its holder is named, and
the exit code is 8. --shared says that it is meant.

It is stopped when the run is paused or cancelled, when its time is over, or when the lease can't be renewed.
Its exit code is passed on (128 + n for a signal), and says nothing about the run: a run is COMPLETED by
\`pawl run complete\` alone. One that the command leaves unfinished fails, as INCOMPLETE after exit 0.`

/** Collects names of variables, and refuses those that no agent is given. */
function collectPassed(text: string, before: readonly string[]): readonly string[] {
  const names = collect(text, before)
  const why = names.map(whyNotPassed).find((reason) => reason !== null)
  if (why !== undefined) throw new InvalidArgumentError(why)
  return names
}

function checkOptions({ workflow, run, resume, lease }: Options): void {
  if (workflow && (run || resume))
    throw new UsageError('--workflow starts a run; it goes without --run and --resume')
  if (lease < 5 || lease > 3_600) throw new UsageError('--lease must be between 5s and 1h', EXIT.usage)
}
