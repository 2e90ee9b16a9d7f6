import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, revisionOption } from '../kit/options.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'
import { printPhaseLine } from '../print/printPhase.ts'

interface Options extends OwnerOptions {
  readonly ifRevision?: number
}

/** `pawl phase advance`: completes the current phase and enters one that may follow. */
export function phaseAdvanceCommand(): Command {
  const command = createCommand('advance', 'complete the current phase and start one that may follow', [
    'pawl phase advance analysis',
  ]).argument('<to>', 'key of the next phase; `pawl state` lists those that may follow')
  return addOwnerOptions(command)
    .addOption(revisionOption())
    .action(
      createAction<Options, [string]>(async (invocation, options, to) => {
        const runId = await chooseRunId(invocation, options.run)
        const { fence, ifRevision, idempotencyKey } = options
        const result = await invocation.pawl.phases.advance(runId, to, { fence, ifRevision, idempotencyKey })
        return invocation.answerResult(result, (success, printer) => printPhaseLine(printer, success))
      }),
    )
}
