import type { ChangedFile, DiffResult, MergeResult } from '../../lifecycle/workspace/workspaceResults.ts'
import type { OperationError } from '../../lifecycle/workspace/workspace.ts'
import { builder } from '../kit/builder.ts'
import { connectionOf, PAGE } from '../kit/connection.ts'
import type { GraphContext } from '../request/context.ts'
import { FileChange, WorkspaceOperationKind, WorkspaceOperationStatus } from '../enums/workspaceEnums.ts'
import { NodeRef, type OperationNode, WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

/** The list name in cursors of operations. */
export const OPERATIONS = 'workspaceOperations'

/** Complexity of a patch: it may be a megabyte, while other fields are a line. */
const PATCH_COST = 500

export const OperationErrorRef = builder.objectRef<OperationError>('WorkspaceError').implement({
  description: 'Why an operation of a workspace failed.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description:
        'An error code: `CONFLICT`, `UNMERGED_WORK`, `NOT_ANSWERED`, `WORKER_LOST` or another, as reported by the worker.',
    }),
    message: t.exposeString('message', { description: 'A message for a person.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to do about it.' }),
    files: t.stringList({
      description: 'The files it is about, as those in conflict.',
      resolve: ({ files }) => [...files],
    }),
  }),
})

const ChangedFileRef = builder.objectRef<ChangedFile>('WorkspaceFile').implement({
  description: 'A file that differs from the base commit.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its path in the repository.' }),
    previousPath: t.exposeString('previousPath', {
      nullable: true,
      description: 'Its previous path, if it was renamed.',
    }),
    change: t.expose('change', { type: FileChange, description: 'What became of it since the base commit.' }),
    insertions: t.exposeInt('insertions', {
      nullable: true,
      description: 'Lines added; null for a binary file.',
    }),
    deletions: t.exposeInt('deletions', {
      nullable: true,
      description: 'Lines deleted; null for a binary file.',
    }),
  }),
})

type DiffNode = DiffResult & { readonly operationId: string }

const DiffRef = builder.objectRef<DiffNode>('WorkspaceDiff').implement({
  description: 'The differences between the work and its base commit.',
  fields: (t) => ({
    head: t.exposeString('head', { nullable: true, description: 'The head of its branch.' }),
    tree: t.string({
      nullable: true,
      description:
        'The git tree of the worktree that was compared, untracked files included; null from workers of before it was told.',
      resolve: ({ tree }) => tree ?? null,
    }),
    commitsAhead: t.exposeInt('commitsAhead', { description: 'Commits of the branch since its base.' }),
    filesChanged: t.exposeInt('filesChanged', { description: 'Number of changed files.' }),
    insertions: t.exposeInt('insertions', { description: 'Lines added, in total.' }),
    deletions: t.exposeInt('deletions', { description: 'Lines deleted, in total.' }),
    files: t.field({
      type: [ChangedFileRef],
      description: 'The files that differ, at most 2,000.',
      complexity: { field: 1, multiplier: PAGE.max },
      resolve: ({ files }) => [...files],
    }),
    isTruncated: t.exposeBoolean('truncated', {
      description: 'Whether the patch, or the list of files, was cut.',
    }),
    patch: t.string({
      nullable: true,
      description:
        'The patch, at most 1 MiB; null where a later diff took its place. Read only where it is asked for.',
      complexity: PATCH_COST,
      extensions: statementCost(1),
      resolve: async ({ operationId }, _, { reads }) => (await reads.patch.load(operationId))?.patch ?? null,
    }),
  }),
})

const MergeRef = builder.objectRef<MergeResult>('WorkspaceMerge').implement({
  description: 'What a merge made.',
  fields: (t) => ({
    commit: t.exposeString('commit', { description: 'The commit that holds the work now.' }),
    into: t.exposeString('into', { description: 'The branch that it was merged into.' }),
  }),
})

builder.objectType(WorkspaceOperationRef, {
  description: 'An operation on a workspace, requested from the worker of its machine.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `wop_…`.', resolve: ({ operation }) => operation.id }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The directory that it is performed on.',
      extensions: statementCost(1),
      resolve: async ({ operation }, _, { reads }) => {
        const loaded = await reads.workspace.load(operation.workspaceId)
        if (!loaded) throw new Error(`the workspace of ${operation.id} is gone`)
        return loaded
      },
    }),
    kind: t.field({
      type: WorkspaceOperationKind,
      description: 'What is to be done.',
      resolve: ({ operation }) => operation.kind,
    }),
    isForced: t.boolean({
      description: 'For a REMOVE: whether it is done even if work is lost.',
      resolve: ({ operation }) => operation.force,
    }),
    status: t.field({
      type: WorkspaceOperationStatus,
      description: 'The current status.',
      resolve: ({ operation }) => operation.status,
    }),
    attempt: t.int({
      description: 'How often it was started; has to be repeated when it is finished.',
      resolve: ({ operation }) => operation.attempt,
    }),
    requestedBy: t.string({
      description: 'Name of the requester; `system` for a removal after the last run was deleted.',
      resolve: ({ operation }) => operation.requestedBy,
    }),
    requestedAt: t.field({
      type: 'DateTime',
      description: 'When the server accepted it: its place in lists.',
      resolve: ({ operation }) => operation.requestedAt,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it becomes FAILED with NOT_ANSWERED if no worker has started it; null: never.',
      resolve: ({ operation }) => operation.expiresAt,
    }),
    worker: t.string({
      nullable: true,
      description: 'The worker that last started it.',
      resolve: ({ operation }) => operation.worker,
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was started last.',
      resolve: ({ operation }) => operation.startedAt,
    }),
    deadlineAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When another worker may start it again, if it has not ended.',
      resolve: ({ operation }) => operation.deadlineAt,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its worker reported the end, or it was given up; null until then.',
      resolve: ({ operation }) => operation.endedAt,
    }),
    error: t.field({
      type: OperationErrorRef,
      nullable: true,
      description: 'Why it FAILED.',
      resolve: ({ operation }) => operation.error,
    }),
    diff: t.field({
      type: DiffRef,
      nullable: true,
      description: 'What a DIFF found; null unless it SUCCEEDED.',
      extensions: statementCost(1),
      resolve: async (node, _, context) => {
        const diff = (await resultOf(node, context))?.diff
        return diff ? { ...diff, operationId: node.operation.id } : null
      },
    }),
    merge: t.field({
      type: MergeRef,
      nullable: true,
      description: 'What a MERGE made; null unless it SUCCEEDED.',
      extensions: statementCost(1),
      resolve: async (node, _, context) => (await resultOf(node, context))?.merge ?? null,
    }),
  }),
})

/** Reads the result of an operation; skips operations that have none. */
async function resultOf({ operation }: OperationNode, { reads }: GraphContext) {
  if (operation.status !== 'SUCCEEDED') return null
  return (await reads.operationResult.load(operation.id))?.result ?? null
}

export const WorkspaceOperationConnection = connectionOf('WorkspaceOperation', WorkspaceOperationRef)
