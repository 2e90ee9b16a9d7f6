import { isSuccess } from '@pawl/sdk'
import type { Approval, WorkspaceDiff } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { printPatch, printStat } from '../print/printDiff.ts'
import type { Printer } from '../terminal/printer.ts'
import { safeText } from '../terminal/width.ts'

/** How long the worker of a machine is given. */
const TIMEOUT_MS = 10_000

/**
 * What the run of an approval has changed in its workspace, as the worker on its machine finds it now; null if it has no workspace, or if the
 * worker does not answer, which is noted.
 */
export async function readDiff(
  invocation: Invocation,
  { run }: Approval,
  signal: AbortSignal,
): Promise<WorkspaceDiff | null> {
  const { workspaces } = invocation.pawl
  const workspace = await workspaces.get(run.id, { signal })
  if (workspace?.status !== 'READY' || !workspace.allowedOperations.includes('DIFF')) return null
  invocation.note(`asking the worker on ${safeText(workspace.host)} for the changes`)
  const result = await workspaces.perform(workspace.id, 'DIFF', { timeoutMs: TIMEOUT_MS, signal })
  if (isSuccess(result)) return result.operation.diff
  invocation.note(invocation.err.ids(`the changes are not shown: ${safeText(result.message)}`))
  return null
}

/** Prints the changes: the files, then the patch; and whether they are those that the approval asks about. */
export function printDiff(printer: Printer, diff: WorkspaceDiff, { tree }: Pick<Approval, 'tree'>): void {
  printer.line(`\n${printer.colors.bold('changes')}`)
  printStat(printer, diff)
  printer.line()
  printPatch(printer, diff.patch ?? '')
  if (diff.isTruncated) printer.line(printer.colors.yellow('The patch was too long and is cut.'))
  if (tree !== null && diff.tree !== null && tree !== diff.tree)
    printer.line(
      printer.colors.yellow(
        `The worktree has changed since this was asked: what is shown is its current state (tree ${diff.tree}).`,
      ),
    )
}
