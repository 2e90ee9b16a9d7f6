import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { executeUnderLease } from './exec/executeUnderLease.ts'
import { whyNotPassed } from '../processes/inheritEnvironment.ts'
import { whyUnstartable } from '../processes/findCommand.ts'
import { lockWorkingDirectory } from './exec/lockWorkingDirectory.ts'
import { findRunToTake, START_OPTIONS, takeRun } from './exec/takeRun.ts'
import type { TakeOptions } from './exec/takeRun.ts'
import { watchSignals } from './exec/watchSignals.ts'
import { createAction } from './kit/invocation.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { collect, createCommand, explanation, keyOption, runOption, timeOption } from './kit/options.ts'

interface Options extends TakeOptions {
  readonly killAfter: number
  readonly passEnv: readonly string[]
  readonly shared?: boolean
  readonly transcript: boolean
}

/** `pawl exec`: runs a command as the agent of a run, under a lease that is renewed while the command runs. */
export function execCommand(): Command {
  return createCommand(
    'exec',
    'run a command as the agent of a run, under a lease that is renewed while the command runs',
    [
      "pawl exec --title 'Fix the build' -- my-agent --fast   # starts a run of the workflow task",
      "pawl exec --workflow review --title 'PR 31' -- my-agent --fast",
      'pawl exec --run run_01k9… -- ./agent.sh',
      'pawl exec --resume --run run_01k9… -- ./agent.sh   # resume a failed run',
    ],
  )
    .argument('<command...>', 'the command and its arguments, after --')
    .addOption(runOption())
    .option('--resume', 'resume a run that is paused or failed, instead of claiming a queued one')
    .option(
      '--workflow <name>',
      'start a run of this workflow (default of a run that is started: task, one phase, done when the agent says so)',
    )
    .option('--title <text>', 'start a run with this title')
    .option('--input <json>', 'start a run with this input: JSON, @file or - for standard input')
    .option('--label <name>', 'start a run with this label; may be given several times', collect)
    .option('--project <name>', 'start a run in this project')
    .option('--concurrency-key <key>', 'start a run, unless another active one has the same key')
    .addOption(keyOption())
    .option('--owner <name>', 'name of the owner, shown to others (default: user@machine)')
    .addOption(timeOption('--lease <time>', 'length of the lease, 5s to 1h; renewed after a third of it', 30))
    .addOption(
      timeOption(
        '--kill-after <time>',
        'how long the command may take to stop before it is killed; never longer than the lease',
        20,
      ),
    )
    .option(
      '--pass-env <name>',
      'another environment variable that the command inherits; NAME* for a prefix; may be given several times',
      collectPassed,
      [],
    )
    .option('--no-transcript', 'keep nothing of what the command prints')
    .option('--shared', 'work in this directory even if another run does')
    .addHelpText('after', explanation(EXPLANATION))
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
The command inherits only HOME, PATH, locale, terminal, proxy and XDG variables, the keys of well-known agents and what
--pass-env names (docs/agents.md has the list). PAWL_URL, PAWL_TOKEN (valid for this run only), PAWL_RUN_ID and
PAWL_EXECUTION_ID are set, so that \`pawl state\`, \`pawl phase advance\` and \`pawl run complete\` refer to its run.

Without a run and without options that start one, the only active run is claimed; where none is active, one of the workflow
\`task\` is started: it is COMPLETED once the agent calls \`pawl run complete\`, and INCOMPLETE if it exits without.

What the command prints passes unchanged, and is kept without secrets as the transcript of the run: see \`pawl logs\`. At a terminal
the command has one of its own: every key goes to it, Ctrl-C too.

Only one run at a time works in a directory of this machine. If another one does, nothing is started or claimed, its holder is
named, and the exit code is 8. --shared overrides this.

The command is stopped when the run is paused or cancelled, when a time limit is reached, or when the lease can't be renewed.
Its exit code is passed on (128 + n for a signal), and does not decide about the run: only \`pawl run complete\` makes a
run COMPLETED. A run that the command leaves unfinished fails; after exit 0, with the reason INCOMPLETE.`

/** Collects names of variables, and refuses those that are never passed to agents. */
function collectPassed(text: string, before: readonly string[]): readonly string[] {
  const names = collect(text, before)
  const why = names.map(whyNotPassed).find((reason) => reason !== null)
  if (why !== undefined) throw new InvalidArgumentError(why)
  return names
}

function checkOptions(options: Options): void {
  const { run, resume, lease } = options
  const starting = START_OPTIONS.find((name) => options[name] !== undefined)
  if (starting && (run || resume)) {
    const flag = starting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag} starts a new run and can not be combined with --run or --resume`)
  }
  if (lease < 5 || lease > 3_600) throw new UsageError('--lease must be between 5s and 1h', EXIT.usage)
}
