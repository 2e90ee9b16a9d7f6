import { mayDo } from '../../lifecycle/run/authority.ts'
import { OPERATION_KINDS, possibleOperations, type Preview } from '../../lifecycle/workspace/workspace.ts'
import { builder } from '../kit/builder.ts'
import { connectionOf, FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { connectRows, readOwnedPage } from '../kit/ownedLists.ts'
import {
  PreviewStatus,
  WorkspaceKind,
  WorkspaceOperationKind,
  WorkspaceStatus,
} from '../enums/workspaceEnums.ts'
import { NodeRef, RunRef, WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'
import { OperationErrorRef, OPERATIONS, WorkspaceOperationConnection } from './workspaceOperation.ts'

const PreviewRef = builder.objectRef<Preview>('WorkspacePreview').implement({
  description: 'The preview of a workspace, as last reported by the worker of its machine.',
  fields: (t) => ({
    status: t.expose('status', {
      type: PreviewStatus,
      description: 'Whether it can be opened in a browser now.',
    }),
    url: t.exposeString('url', {
      nullable: true,
      description: 'Its URL; null unless RUNNING, or if the worker knows none.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is RUNNING.',
    }),
    error: t.field({
      type: OperationErrorRef,
      nullable: true,
      description: 'Why it FAILED.',
      resolve: ({ error }) => error,
    }),
  }),
})

builder.objectType(WorkspaceRef, {
  description:
    'The directory that runs work in, on one machine. It outlives the runs and has its own history: its operations. Of two answers about a workspace, the one with the greater (revision, asOf) is the later one.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `wsp_…`.', resolve: ({ workspace }) => workspace.id }),
    project: t.string({
      description: 'The one that its runs belong to.',
      resolve: ({ workspace }) => workspace.project,
    }),
    host: t.string({
      description: 'The machine, by the id that its worker chose.',
      resolve: ({ workspace }) => workspace.host,
    }),
    kind: t.field({
      type: WorkspaceKind,
      description: 'Whether it has a branch of its own.',
      resolve: ({ workspace }) => workspace.kind,
    }),
    path: t.string({ description: 'Its path on the machine.', resolve: ({ workspace }) => workspace.path }),
    repository: t.string({
      nullable: true,
      description: 'The repository that it is a worktree of.',
      resolve: ({ workspace }) => workspace.repository,
    }),
    branch: t.string({
      nullable: true,
      description: 'The branch that the work is on.',
      resolve: ({ workspace }) => workspace.branch,
    }),
    baseCommit: t.string({
      nullable: true,
      description: 'The commit that the work began at; null for a DIRECTORY.',
      resolve: ({ workspace }) => workspace.baseCommit,
    }),
    status: t.field({
      type: WorkspaceStatus,
      description: 'Whether the directory exists.',
      resolve: ({ workspace }) => workspace.status,
    }),
    revision: t.int({
      description: 'Incremented by every change of it, of its operations, and of which runs work in it.',
      resolve: ({ workspace }) => workspace.revision,
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when it was read, for what changes with its runs.",
      resolve: ({ now }) => now,
    }),
    preview: t.field({
      type: PreviewRef,
      description: 'The program that shows the work in a browser; STOPPED where there was none.',
      resolve: ({ workspace }) => workspace.preview,
    }),
    allowedOperations: t.field({
      type: [WorkspaceOperationKind],
      description: 'The operations that you may request now.',
      resolve: ({ workspace }, _, { caller }) =>
        mayDo(caller.role, 'requestWorkspaceOperation') ? possibleOperations(workspace) : [],
    }),
    inFlight: t.field({
      type: [WorkspaceOperationRef],
      description: 'The operations that have not ended, in order of request.',
      // at most one operation of each kind
      complexity: { field: 1, multiplier: OPERATION_KINDS.length },
      resolve: ({ workspace }) => workspace.inFlight.map((operation) => ({ operation })),
    }),
    operations: t.field({
      type: WorkspaceOperationConnection,
      description: 'All its operations, newest first.',
      args: FROM_EITHER_END,
      complexity: pageCost,
      extensions: statementCost(1),
      resolve: async ({ workspace: { id: workspaceId } }, args, { reads }) => {
        const page = await reads.operationsOfWorkspace.load(readOwnedPage(OPERATIONS, workspaceId, args))
        return connectRows(
          OPERATIONS,
          page,
          ({ requestedAt }) => requestedAt,
          (operation) => ({ operation }),
        )
      },
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was recorded.',
      resolve: ({ workspace }) => workspace.createdAt,
    }),
    removedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its directory was removed.',
      resolve: ({ workspace }) => workspace.removedAt,
    }),
  }),
})

export const WorkspaceConnection = connectionOf('Workspace', WorkspaceRef)

builder.objectField(RunRef, 'workspace', (t) =>
  t.field({
    type: WorkspaceRef,
    nullable: true,
    description: 'The directory it works in; null if none was recorded.',
    extensions: statementCost(1),
    resolve: ({ run }, _, { reads }) => reads.workspaceOfRun.load(run.id),
  }),
)
