import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, DEFAULT_RUN, keyOption, revisionOption } from '../kit/options.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { claimOf, claimOptions, printClaim } from './claimOptions.ts'
import type { ClaimOptions } from './claimOptions.ts'
import { printRunLine } from '../print/printRun.ts'
import { addSeveralOptions, changeRuns } from './severalRuns.ts'
import type { SeveralOptions } from './severalRuns.ts'

interface Options extends ChangeOptions, ClaimOptions, SeveralOptions {
  readonly comment?: string
  readonly ifRevision?: number
  readonly claim?: boolean
}

/** `pawl run resume`: resumes runs that are paused or failed, or whose owner is lost. */
export function runResumeCommand(): Command {
  const command = createCommand('resume', 'resume runs that are paused or failed, or whose owner is lost', [
    'pawl run resume run_01k9…',
    'pawl run resume --filter outcome=incomplete --filter workflow=review',
    'eval "$(pawl run resume run_01k9… --env)"   # and make this shell its agent',
  ])
  addSeveralOptions(command, DEFAULT_RUN)
    .option('--comment <text>', 'comment for the log')
    .addOption(keyOption())
    .addOption(revisionOption())
    .option('--claim', 'also claim the run')
  for (const option of claimOptions()) command.addOption(option)
  return command.action(
    createAction<Options, [readonly string[]]>((invocation, options, typed) => {
      const { comment, ifRevision, idempotencyKey, env } = options
      const claim = options.claim || env ? claimOf(options) : undefined
      return changeRuns(invocation, typed, options, {
        command: 'RESUME',
        onlyForOne: {
          'if-revision': ifRevision,
          'idempotency-key': idempotencyKey,
          claim: options.claim,
          env,
        },
        choose: (id) => chooseRunId(invocation, id),
        change: async (runId) => {
          const fields = { comment, ifRevision, idempotencyKey, claim }
          const result = await invocation.pawl.runs.resume(runId, fields)
          return invocation.answerResult(result, (success, printer) => {
            if (!env) printRunLine(printer, success.run)
            printClaim(invocation, success, options)
          })
        },
      })
    }),
  )
}
