import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { collect, createCommand } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { claimOf, claimOptions, printClaim } from './claimOptions.ts'
import type { ClaimOptions } from './claimOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions, ClaimOptions {
  readonly workflow?: string[]
  readonly label?: string[]
  readonly project?: string
}

/** `pawl run claim`: claims a run, the one named or the oldest in the queue. */
export function runClaimCommand(): Command {
  const command = createCommand('claim', 'claim a run: the one named, else the oldest in the queue', [
    'eval "$(pawl run claim run_01k9… --env)"   # makes this shell its agent',
    'pawl run claim --workflow review --label team-a --json',
    'pawl exec --run run_01k9… -- COMMAND       # better: also renews the lease and ends the claim',
  ])
  addChangeOptions(command)
    .option('--workflow <name>', 'without a run: only of this workflow; may be given several times', collect)
    .option('--label <name>', 'without a run: only with all of these labels', collect)
    .option('--project <name>', 'without a run: only of this project')
  for (const option of claimOptions()) command.addOption(option)
  return command.action(
    createAction<Options, [string | undefined]>(async (invocation, options, named) => {
      const meant = named ?? invocation.env['PAWL_RUN_ID']
      const runId = meant && (await chooseRunId(invocation, named))
      const result = await invocation.pawl.runs.claim({
        ...claimOf(options),
        runId,
        workflows: options.workflow,
        labels: options.label,
        project: options.project,
        idempotencyKey: options.idempotencyKey,
      })
      return invocation.answerResult(result, (success, printer) => {
        if (!runId) invocation.note(`run ${invocation.err.ids(success.run.id)} (the oldest in the queue)`)
        if (!options.env) printRunLine(printer, success.run)
        printClaim(invocation, success, options)
      })
    }),
  )
}
