import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { WorkspaceDetail } from '@pawl/sdk'
import { createAction } from '../kit/invocation.ts'
import type { Invocation } from '../kit/invocation.ts'
import { createCommand, keyOption } from '../kit/options.ts'
import { reportProblem } from '../kit/report.ts'
import { plain } from '../terminal/width.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { perform, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'
import type { ChangeOptions } from './changeOptions.ts'

interface Options extends ChangeOptions, PerformOptions {
  readonly forceWorkspace?: boolean
}

/** `pawl run delete`: deletes a settled run. The run has to be named: what is gone can't be asked back. */
export function runDeleteCommand(): Command {
  return createCommand('delete', 'delete a settled run with everything below it', [
    'pawl run delete run_01k9…',
    'pawl run delete run_01k9… --force-workspace   # work that is not merged is lost',
  ])
    .argument('<run>', 'id of the run')
    .option('--force-workspace', 'remove its directory in any case, and wait for that')
    .addOption(timeoutOption())
    .addOption(keyOption())
    .action(
      createAction<Options, [string]>(async (invocation, { idempotencyKey, forceWorkspace, timeout }, id) => {
        const workspace = await findFreed(invocation, id)
        const result = await invocation.pawl.runs.delete(id, { idempotencyKey })
        if (isSuccess(result) && workspace && forceWorkspace)
          return withInterrupt((signal) => removeToo(invocation, { runId: id, workspace, timeout, signal }))
        return invocation.answerResult(result, (success, printer) => {
          printer.line(`deleted ${success.runId}`)
          if (!workspace) return
          const where = `${plain(workspace.path)} on ${plain(workspace.host)}`
          invocation.note(`its worker removes ${where}, unless that holds work which is not merged`)
        })
      }),
    )
}

/** The workspace that nobody works in when this run is gone; null where there is none. */
async function findFreed({ pawl }: Invocation, runId: string): Promise<WorkspaceDetail | null> {
  // what is wrong with the id is for the deletion to say
  const workspace = await pawl.workspaces.get(runId).catch(() => null)
  const isShared = workspace?.runs.some((run) => run.id !== runId)
  return workspace?.status === 'READY' && !isShared ? workspace : null
}

interface Removal {
  readonly runId: string
  readonly workspace: WorkspaceDetail
  readonly timeout: number
  readonly signal: AbortSignal
}

async function removeToo(
  invocation: Invocation,
  { runId, workspace, timeout, signal }: Removal,
): Promise<number> {
  if (!invocation.isJson) invocation.out.line(`deleted ${runId}`)
  const what = { kind: 'REMOVE', force: true, timeout } as const
  const removed = await perform(invocation, workspace, what, signal)
  if (!isSuccess(removed)) return reportProblem(invocation, removed)
  return invocation.answer(
    { __typename: 'DeleteRunSuccess', runId, workspace: removed.operation },
    (printer) => printer.line(`removed ${plain(workspace.path)} on ${plain(workspace.host)}`),
  )
}
