import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { WorkspaceDetail } from '@pawl/sdk'
import { createAction } from '../kit/invocation.ts'
import type { Invocation } from '../kit/invocation.ts'
import { createCommand, keyOption } from '../kit/options.ts'
import { reportProblem } from '../kit/report.ts'
import { safeText } from '../terminal/width.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { perform, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'
import type { ChangeOptions } from './changeOptions.ts'

interface Options extends ChangeOptions, PerformOptions {
  readonly forceWorkspace?: boolean
}

/** `pawl run delete`: deletes a settled run. It can't be undone, so the run has to be named. */
export function runDeleteCommand(): Command {
  return createCommand('delete', 'delete a settled run with everything that belongs to it', [
    'pawl run delete run_01k9…',
    'pawl run delete run_01k9… --force-workspace   # discards unmerged work',
  ])
    .argument('<run>', 'id of the run')
    .option('--force-workspace', 'also remove its directory, even with unmerged work, and wait for that')
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
          const where = `${safeText(workspace.path)} on ${safeText(workspace.host)}`
          invocation.note(`its worker removes ${where}, unless it contains unmerged work`)
        })
      }),
    )
}

/** The workspace that only this run uses; null if there is none. */
async function findFreed({ pawl }: Invocation, runId: string): Promise<WorkspaceDetail | null> {
  // the deletion reports what is wrong with the id
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
    (printer) => printer.line(`removed ${safeText(workspace.path)} on ${safeText(workspace.host)}`),
  )
}
