import { Option } from 'commander'
import type { PerformResult, SuccessOf, Workspace, WorkspaceOperationKind } from '@pawl/sdk'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { parseSeconds } from '../kit/options.ts'
import type { Printer } from '../terminal/printer.ts'
import { plain } from '../terminal/width.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'

/** What commands that wait for a worker have in common. */
export interface PerformOptions extends CommonOptions {
  /** In seconds. */
  readonly timeout: number
}

/** `--timeout`, for commands that wait for the worker of a machine. */
export const timeoutOption = () =>
  new Option('--timeout <time>', 'how long to wait for the worker of its machine')
    .argParser(parseSeconds)
    .default(30, '30s')

/** What the worker of the machine is to do. */
export interface Performance {
  readonly kind: WorkspaceOperationKind
  readonly force?: boolean
  readonly timeout: number
}

/** Asks the worker of a workspace's machine, and waits for it until the time is over or the signal aborts. */
export async function perform(
  { pawl }: Invocation,
  { id }: Workspace,
  { kind, force = false, timeout }: Performance,
  signal: AbortSignal,
): Promise<PerformResult> {
  return pawl.workspaces.perform(id, kind, { force, timeoutMs: timeout * 1000, signal })
}

/** Performs an operation and answers with what it came to: a success by `print`, anything else by its sentence. */
export function performFor(
  invocation: Invocation,
  workspace: Workspace,
  what: Performance,
  print: (success: SuccessOf<PerformResult>, printer: Printer) => void,
): Promise<number> {
  return withInterrupt(async (signal) => {
    invocation.note(`asking the worker on ${plain(workspace.host)}`)
    return invocation.answerResult(await perform(invocation, workspace, what, signal), print)
  })
}
