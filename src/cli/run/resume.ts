import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, revisionOption } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { claimOf, claimOptions, printClaim } from './claimOptions.ts'
import type { ClaimOptions } from './claimOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions, ClaimOptions {
  readonly comment?: string
  readonly ifRevision?: number
  readonly claim?: boolean
}

/** `pawl run resume`: resumes a paused or failed run, or one whose owner is lost. */
export function runResumeCommand(): Command {
  const command = createCommand('resume', 'resume a run that is paused or failed, or whose owner is lost', [
    'pawl run resume run_01k9…',
    'eval "$(pawl run resume run_01k9… --env)"   # and make this shell its agent',
  ])
  addChangeOptions(command)
    .option('--comment <text>', 'comment for the log')
    .addOption(revisionOption())
    .option('--claim', 'also claim the run')
  for (const option of claimOptions()) command.addOption(option)
  return command.action(
    createAction<Options, [string | undefined]>(async (invocation, options, id) => {
      const runId = await chooseRunId(invocation, id)
      const { comment, ifRevision, idempotencyKey } = options
      const claim = options.claim || options.env ? claimOf(options) : undefined
      const result = await invocation.pawl.runs.resume(runId, { comment, ifRevision, idempotencyKey, claim })
      return invocation.answerResult(result, (success, printer) => {
        if (!options.env) printRunLine(printer, success.run)
        printClaim(invocation, success, options)
      })
    }),
  )
}
