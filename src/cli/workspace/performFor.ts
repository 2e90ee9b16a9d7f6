import type { PerformResult, SuccessOf, Workspace, WorkspaceOperationKind } from '@pawl/sdk'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { timeOption } from '../kit/options.ts'
import type { Printer } from '../terminal/printer.ts'
import { safeText } from '../terminal/width.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'

/** Options of commands that wait for a worker. */
export interface PerformOptions extends CommonOptions {
  /** In seconds. */
  readonly timeout: number
}

/** `--timeout`, for commands that wait for the worker of a machine. */
export const timeoutOption = () =>
  timeOption('--timeout <time>', 'how long to wait for the worker on its machine', 30)

/** The operation for the worker on the workspace's machine. */
export interface Performance {
  readonly kind: WorkspaceOperationKind
  readonly force?: boolean
  readonly timeout: number
}

/** Requests an operation from the worker on the workspace's machine, and waits until it has ended, the timeout or an abort. */
export async function perform(
  { pawl }: Invocation,
  { id }: Workspace,
  { kind, force = false, timeout }: Performance,
  signal: AbortSignal,
): Promise<PerformResult> {
  return pawl.workspaces.perform(id, kind, { force, timeoutMs: timeout * 1000, signal })
}

/** Performs an operation and prints the result: a success by `print`, a refusal by its message. */
export function performFor(
  invocation: Invocation,
  workspace: Workspace,
  what: Performance,
  print: (success: SuccessOf<PerformResult>, printer: Printer) => void,
): Promise<number> {
  return withInterrupt(async (signal) => {
    invocation.note(`asking the worker on ${safeText(workspace.host)}`)
    return invocation.answerResult(await perform(invocation, workspace, what, signal), print)
  })
}
