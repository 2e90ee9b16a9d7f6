import type { RequestedOperation, Workspace, WorkspaceDetail, WorkspaceOperation } from '@pawl/sdk'
import type { Printer } from '../terminal/printer.ts'
import { printPairs, printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { plain } from '../terminal/width.ts'

/** Workspaces, one a line. */
export function printWorkspaces(printer: Printer, workspaces: readonly Workspace[]): void {
  const rows = workspaces.map((workspace) => [
    workspace.id,
    workspace.status,
    workspace.kind,
    plain(workspace.project),
    plain(workspace.host),
    plain(workspace.branch ?? ''),
    formatTime(workspace.createdAt),
    plain(workspace.path),
  ])
  printTable(printer, ['WORKSPACE', 'STATUS', 'KIND', 'PROJECT', 'HOST', 'BRANCH', 'CREATED', 'PATH'], rows)
}

/** One workspace, with its runs and what was done with it. */
export function printWorkspace(
  printer: Printer,
  workspace: WorkspaceDetail,
  operations: readonly RequestedOperation[],
): void {
  const { bold } = printer.colors
  const { preview, runs } = workspace
  printer.line(`${bold(workspace.id)}  ${workspace.status}  ${workspace.kind}`)
  printPairs(printer, [
    ['project', plain(workspace.project)],
    ['host', plain(workspace.host)],
    ['path', plain(workspace.path)],
    ['repository', workspace.repository && plain(workspace.repository)],
    ['branch', workspace.branch && plain(workspace.branch)],
    ['base', workspace.baseCommit && plain(workspace.baseCommit)],
    [
      'preview',
      [preview.status, preview.url ?? '', preview.error?.message ?? ''].map(plain).join('  ').trim(),
    ],
    ['created', formatTime(workspace.createdAt)],
    ['removed', workspace.removedAt && formatTime(workspace.removedAt)],
    ['may be', workspace.allowedOperations.join(', ')],
  ])
  if (runs.length > 0) {
    printer.line()
    const rows = runs.map(({ id, status, title, createdAt }) => [
      id,
      status,
      formatTime(createdAt),
      plain(title ?? ''),
    ])
    printTable(printer, ['RUN', 'STATUS', 'STARTED', 'TITLE'], rows)
  }
  if (operations.length > 0) {
    printer.line()
    printOperations(printer, operations)
  }
}

/** Operations, one a line. */
function printOperations(printer: Printer, operations: readonly WorkspaceOperation[]): void {
  const rows = operations.map(({ id, kind, force, status, requestedBy, requestedAt, error }) => [
    id,
    force ? `${kind} (force)` : kind,
    status,
    plain(requestedBy),
    formatTime(requestedAt),
    error ? `${plain(error.code)}: ${plain(error.message)}` : '',
  ])
  printTable(printer, ['OPERATION', 'KIND', 'STATUS', 'BY', 'ASKED', 'ERROR'], rows)
}
