import type { Command } from 'commander'
import type { CancelRunResult, SuccessOf } from '@pawl/sdk'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, DEFAULT_RUN, keyOption, revisionOption } from '../kit/options.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { addSeveralOptions, changeRuns } from './severalRuns.ts'
import type { SeveralOptions } from './severalRuns.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions, SeveralOptions {
  readonly comment?: string
  readonly ifRevision?: number
  readonly cascade: boolean
}

/** `pawl run cancel`: cancels a run; it stays CANCELLING until its owner has stopped. */
export function runCancelCommand(): Command {
  const command = createCommand('cancel', 'cancel runs; their owners have to stop and confirm it', [
    "pawl run cancel run_01k9… --comment 'wrong branch'",
    'pawl run cancel --filter status=active --filter label=nightly',
    'pawl run cancel run_01k9… && pawl run watch run_01k9…   # until its owner has stopped',
  ])
  return addSeveralOptions(command, DEFAULT_RUN)
    .option('--comment <text>', 'comment for the log')
    .option('--no-cascade', 'do not cancel its children')
    .addOption(keyOption())
    .addOption(revisionOption())
    .action(
      createAction<Options, [readonly string[]]>((invocation, options, typed) => {
        const { comment, cascade, ifRevision, idempotencyKey } = options
        return changeRuns(invocation, typed, options, {
          command: 'CANCEL',
          onlyForOne: { 'if-revision': ifRevision, 'idempotency-key': idempotencyKey },
          choose: (id) => chooseRunId(invocation, id),
          change: async (runId) => {
            const fields = { comment, isCascading: cascade, ifRevision, idempotencyKey }
            const result = await invocation.pawl.runs.cancel(runId, fields)
            return invocation.answerResult(result, (success, printer) => {
              printRunLine(printer, success.run)
              for (const remark of explain(success)) invocation.note(remark)
            })
          },
        })
      }),
    )
}

function* explain(success: SuccessOf<CancelRunResult>): Generator<string> {
  const { hasChanged: changed, run, childrenCancelled, childrenLeft } = success
  if (!changed) yield `nothing was changed: it was already ${run.status}`
  else if (run.status === 'CANCELLING') yield 'its owner was told to stop, and has to confirm it'
  if (childrenCancelled > 0) yield `descendants cancelled with it: ${childrenCancelled}`
  for (const { id, status } of childrenLeft) yield `its child ${id} is ${status}`
}
