import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { WorkspaceDetail } from '@pawl/sdk'
import { UsageError } from '../kit/exitCodes.ts'
import { findRunId } from '../kit/findId.ts'
import { createAction } from '../kit/invocation.ts'
import type { Invocation } from '../kit/invocation.ts'
import { createCommand, keyOption } from '../kit/options.ts'
import { reportProblem } from '../kit/report.ts'
import { safeText } from '../terminal/width.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { perform, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { addSeveralOptions, changeRuns } from './severalRuns.ts'
import type { SeveralOptions } from './severalRuns.ts'

interface Options extends ChangeOptions, PerformOptions, SeveralOptions {
  readonly forceWorkspace?: boolean
}

/** `pawl run delete`: deletes settled runs. It can't be undone, so they have to be named. */
export function runDeleteCommand(): Command {
  const command = createCommand('delete', 'delete settled runs with everything that belongs to them', [
    'pawl run delete run_01k9…',
    'pawl run delete --filter status=cancelled --filter project=scratch',
    'pawl run delete run_01k9… --force-workspace   # discards unmerged work',
  ])
  return addSeveralOptions(command, '')
    .option('--force-workspace', 'also remove its directory, even with unmerged work, and wait for that')
    .addOption(timeoutOption())
    .addOption(keyOption())
    .action(
      createAction<Options, [readonly string[]]>((invocation, options, typed) => {
        const { idempotencyKey } = options
        return changeRuns(invocation, typed, options, {
          command: 'DELETE',
          onlyForOne: { 'idempotency-key': idempotencyKey },
          choose: async (id) => {
            if (id === undefined) throw new UsageError('name the run: what is deleted is gone')
            return findRunId(invocation.pawl, id)
          },
          change: (runId) => deleteOne(invocation, runId, options),
        })
      }),
    )
}

async function deleteOne(
  invocation: Invocation,
  runId: string,
  { idempotencyKey, forceWorkspace, timeout }: Options,
): Promise<number> {
  const workspace = await findFreed(invocation, runId)
  const result = await invocation.pawl.runs.delete(runId, { idempotencyKey })
  if (isSuccess(result) && workspace && forceWorkspace)
    return withInterrupt((signal) => removeToo(invocation, { runId, workspace, timeout, signal }))
  return invocation.answerResult(result, (success, printer) => {
    printer.line(`deleted ${printer.ids(success.runId)}`)
    if (!workspace) return
    const where = `${safeText(workspace.path)} on ${safeText(workspace.host)}`
    invocation.note(`its worker removes ${where}, unless it contains unmerged work`)
  })
}

/** The workspace that only this run uses; null if there is none. */
async function findFreed({ pawl }: Invocation, runId: string): Promise<WorkspaceDetail | null> {
  // the deletion reports what is wrong with the id
  const workspace = await pawl.workspaces.get(runId).catch(() => null)
  const isShared = workspace?.runs.nodes.some((run) => run.id !== runId)
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
  if (!invocation.isJson) invocation.out.line(`deleted ${invocation.out.ids(runId)}`)
  const what = { kind: 'REMOVE', force: true, timeout } as const
  const removed = await perform(invocation, workspace, what, signal)
  if (!isSuccess(removed)) return reportProblem(invocation, removed)
  return invocation.answer(
    { __typename: 'DeleteRunSuccess', runId, workspace: removed.operation },
    (printer) => printer.line(`removed ${safeText(workspace.path)} on ${safeText(workspace.host)}`),
  )
}
