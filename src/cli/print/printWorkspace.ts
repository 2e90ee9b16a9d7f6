import type { RequestedOperation, Workspace, WorkspaceDetail, WorkspaceOperation } from '@pawl/sdk'
import type { Printer } from '../terminal/printer.ts'
import { printPairs, printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** Workspaces, one a line. */
export function printWorkspaces(printer: Printer, workspaces: readonly Workspace[]): void {
  const rows = workspaces.map((workspace) => [
    printer.ids(workspace.id),
    workspace.status,
    workspace.kind,
    safeText(workspace.project),
    safeText(workspace.host),
    safeText(workspace.branch ?? ''),
    formatTime(workspace.createdAt),
    safeText(workspace.path),
  ])
  printTable(printer, ['WORKSPACE', 'STATUS', 'KIND', 'PROJECT', 'HOST', 'BRANCH', 'CREATED', 'PATH'], rows, {
    givesWay: ['CREATED', 'KIND', 'PROJECT', 'STATUS', 'BRANCH'],
  })
}

/** One workspace, with its runs and operations. */
export function printWorkspace(
  printer: Printer,
  workspace: WorkspaceDetail,
  operations: readonly RequestedOperation[],
): void {
  const { bold } = printer.colors
  const { preview, runs } = workspace
  printer.line(`${bold(printer.ids(workspace.id))}  ${workspace.status}  ${workspace.kind}`)
  printPairs(printer, [
    ['project', safeText(workspace.project)],
    ['host', safeText(workspace.host)],
    ['path', safeText(workspace.path)],
    ['repository', workspace.repository && safeText(workspace.repository)],
    ['branch', workspace.branch && safeText(workspace.branch)],
    ['base', workspace.baseCommit && safeText(workspace.baseCommit)],
    [
      'preview',
      [preview.status, preview.url ?? '', preview.error?.message ?? ''].map(safeText).join('  ').trim(),
    ],
    ['created', formatTime(workspace.createdAt)],
    ['removed', workspace.removedAt && formatTime(workspace.removedAt)],
    ['allowed', workspace.allowedOperations.join(', ')],
  ])
  if (runs.nodes.length > 0) {
    printer.line()
    const rows = runs.nodes.map(({ id, status, title, createdAt }) => [
      printer.ids(id),
      status,
      formatTime(createdAt),
      safeText(title ?? ''),
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
  const rows = operations.map(({ id, kind, isForced: force, status, requestedBy, requestedAt, error }) => [
    printer.ids(id),
    force ? `${kind} (force)` : kind,
    status,
    safeText(requestedBy),
    formatTime(requestedAt),
    error ? `${safeText(error.code)}: ${safeText(error.message)}` : '',
  ])
  printTable(printer, ['OPERATION', 'KIND', 'STATUS', 'BY', 'ASKED', 'ERROR'], rows)
}
