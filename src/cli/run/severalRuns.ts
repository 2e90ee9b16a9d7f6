import { Argument, Option } from 'commander'
import type { Command } from 'commander'
import type { Run, RunCommand, RunFilter } from '@pawl/sdk'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { findRunId } from '../kit/findId.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { reportError } from '../kit/report.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { safeText } from '../terminal/width.ts'
import { withPrompt } from '../terminal/withPrompt.ts'
import { printRuns } from '../print/printRun.ts'
import { parseFilter } from './runFilter.ts'

/** Options of the commands that may apply to several runs. */
export interface SeveralOptions extends CommonOptions {
  readonly filter?: RunFilter
  readonly yes?: boolean
}

/** How many runs are listed before a person is asked about all of them. */
const MAX_LISTED = 10

/** Adds the runs as arguments, `--filter` and `--yes`. */
export function addSeveralOptions(command: Command, defaultRun: string): Command {
  return command
    .addArgument(new Argument('[run...]', `ids of the runs, or the ends of them${defaultRun}`))
    .addOption(
      new Option(
        '--filter <name=value>',
        'every run that matches, after a question: status (also active), outcome, workflow, label, project, text; repeat to narrow',
      ).argParser(parseFilter),
    )
    .option('-y, --yes', 'with --filter: do not ask')
}

/** A command on one or several runs. */
export interface OnRuns {
  /** As the schema names it: `--filter` means the runs that allow it. */
  readonly command: RunCommand
  /** Options that can only be meant for one run, as they were given. */
  readonly onlyForOne: Readonly<Record<string, unknown>>
  /** The one run that is meant, by what was typed. */
  choose(typed: string | undefined): Promise<string>
  /** Changes one run, and prints the answer. Returns the exit code. */
  change(runId: string): Promise<number>
}

/**
 * Changes the runs named, or those that match `--filter` and allow the command, one after the other; a refusal stops none of the others.
 * Ctrl-C stops before the next one.
 *
 * @returns the exit code: that of the first that was refused; 1 if a person did not confirm.
 */
export async function changeRuns(
  invocation: Invocation,
  typed: readonly string[],
  { filter, yes }: SeveralOptions,
  on: OnRuns,
): Promise<number> {
  if (filter && typed.length > 0) throw new UsageError('name runs or give --filter, not both')
  if (!filter && typed.length < 2) return on.change(await on.choose(typed[0]))
  for (const [option, value] of Object.entries(on.onlyForOne))
    if (value !== undefined) throw new UsageError(`--${option} is for one run: name one`)
  return withInterrupt(async (signal) => {
    const ids = filter ? await confirmAll(invocation, filter, { ...on, isSure: yes === true, signal }) : typed
    if (ids === undefined) return EXIT.fault
    return changeEach(invocation, ids, { ...on, signal })
  })
}

async function changeEach(
  invocation: Invocation,
  ids: readonly string[],
  { change, signal }: OnRuns & { readonly signal: AbortSignal },
): Promise<number> {
  let first: number = EXIT.done
  for (const [at, typed] of ids.entries()) {
    if (signal.aborted) {
      invocation.note(`stopped: ${ids.length - at} of ${ids.length} were not reached`)
      break
    }
    const code = await findRunId(invocation.pawl, typed)
      .then(change)
      .catch((error: unknown) => reportError(invocation, error))
    first ||= code
  }
  return first
}

/** The runs that match and allow the command, once a person agrees; undefined if none does. */
async function confirmAll(
  invocation: Invocation,
  filter: RunFilter,
  { command, isSure, signal }: OnRuns & { readonly isSure: boolean; readonly signal: AbortSignal },
): Promise<string[] | undefined> {
  const matching: Run[] = []
  for await (const run of invocation.pawl.runs.all({ filter, first: 200, signal })) matching.push(run)
  const meant = matching.filter(({ allowedCommands }) => allowedCommands.includes(command))
  const verb = command.toLowerCase()
  const others = matching.length - meant.length
  if (others > 0) invocation.note(`${others} more match, but can't be used with ${verb}`)
  if (meant.length === 0) {
    invocation.note(`no run to ${verb}`)
    return []
  }
  const ids = meant.map(({ id }) => id)
  return isSure || (await ask(invocation, meant, verb, signal)) ? ids : undefined
}

async function ask(
  invocation: Invocation,
  runs: readonly Run[],
  verb: string,
  signal: AbortSignal,
): Promise<boolean> {
  const count = runs.length === 1 ? '1 run' : `${runs.length} runs`
  if (invocation.isJson || !process.stdin.isTTY || !invocation.err.isTerminal)
    throw new UsageError(`this would ${verb} ${count}: add --yes, or look first with: pawl run list`)
  printRuns(invocation.err, runs.slice(0, MAX_LISTED))
  if (runs.length > MAX_LISTED) invocation.err.line(`and ${runs.length - MAX_LISTED} more`)
  const asked = `${safeText(verb)} ${count}? [y]es, anything else does nothing: `
  const answer = await withPrompt({ output: process.stderr }, (terminal) =>
    terminal.question(asked, { signal }),
  )
  const isAgreed = ['y', 'yes'].includes(answer.trim().toLowerCase())
  if (!isAgreed) invocation.note('nothing was changed')
  return isAgreed
}
