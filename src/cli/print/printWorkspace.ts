import type { RequestedOperation, Workspace, WorkspaceDetail, WorkspaceOperation } from '@pawl/sdk'
import type { Paper } from '../terminal/paper.ts'
import { printPairs, printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { plain } from '../terminal/width.ts'

/** Workspaces, one a line. */
export function printWorkspaces(paper: Paper, workspaces: readonly Workspace[]): void {
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
  printTable(paper, ['WORKSPACE', 'STATUS', 'KIND', 'PROJECT', 'HOST', 'BRANCH', 'CREATED', 'PATH'], rows)
}

/** One workspace, with its runs and what was done with it. */
export function printWorkspace(
  paper: Paper,
  workspace: WorkspaceDetail,
  operations: readonly RequestedOperation[],
): void {
  const { bold } = paper.colors
  const { preview, runs } = workspace
  paper.line(`${bold(workspace.id)}  ${workspace.status}  ${workspace.kind}`)
  printPairs(paper, [
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
    paper.line()
    const rows = runs.map(({ id, status, title, createdAt }) => [
      id,
      status,
      formatTime(createdAt),
      plain(title ?? ''),
    ])
    printTable(paper, ['RUN', 'STATUS', 'STARTED', 'TITLE'], rows)
  }
  if (operations.length > 0) {
    paper.line()
    printOperations(paper, operations)
  }
}

/** Operations, one a line. */
function printOperations(paper: Paper, operations: readonly WorkspaceOperation[]): void {
  const rows = operations.map(({ id, kind, force, status, requestedBy, requestedAt, error }) => [
    id,
    force ? `${kind} (force)` : kind,
    status,
    plain(requestedBy),
    formatTime(requestedAt),
    error ? `${plain(error.code)}: ${plain(error.message)}` : '',
  ])
  printTable(paper, ['OPERATION', 'KIND', 'STATUS', 'BY', 'ASKED', 'ERROR'], rows)
}
