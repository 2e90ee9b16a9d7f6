import { z } from 'zod'
import {
  OPERATION_KINDS,
  OPERATION_STATUSES,
  WORKSPACE_STATUSES,
} from '../../lifecycle/workspace/workspace.ts'
import { listWorkspaceOperations, listWorkspaces } from '../../store/workspace/listWorkspaces.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { FROM_EITHER_END, pageCost, toConnection } from '../kit/connection.ts'
import { encodePlace, readPage } from '../kit/cursors.ts'
import { WorkspaceOperationKind, WorkspaceOperationStatus, WorkspaceStatus } from '../enums/workspaceEnums.ts'
import { defineInput, idOf, listOf, name } from '../kit/input.ts'
import { visibilityOf } from '../request/visibility.ts'
import { statementCost } from '../request/statementCost.ts'
import { WorkspaceConnection } from './workspace.ts'
import { OPERATIONS, WorkspaceOperationConnection } from './workspaceOperation.ts'

const WORKSPACES = 'workspaces'

const WorkspaceFilter = defineInput(
  'WorkspaceFilter',
  'Which workspaces to list; what is left out does not narrow.',
  {
    host: name('On this machine.'),
    project: name('Recorded for runs of this project.'),
    statuses: listOf(WorkspaceStatus, WORKSPACE_STATUSES, 'READY, REMOVED or both.'),
  },
)

const OperationFilter = defineInput(
  'WorkspaceOperationFilter',
  'Which operations to list; what is left out does not narrow.',
  {
    host: name('On this machine.'),
    workspaceId: idOf('workspace', 'Performed on this one'),
    kinds: listOf(WorkspaceOperationKind, OPERATION_KINDS, 'That do any of these.'),
    statuses: listOf(
      WorkspaceOperationStatus,
      OPERATION_STATUSES,
      'That have come this far, and not further: any of these.',
    ),
  },
)

const workspacesSchema = z.object({ filter: WorkspaceFilter.schema.nullish() })
const operationsSchema = z.object({ filter: OperationFilter.schema.nullish() })

builder.queryFields((t) => ({
  workspaces: t.field({
    type: WorkspaceConnection,
    description: 'Workspaces that you may see, the newest first.',
    args: {
      filter: t.arg({ type: WorkspaceFilter.ref, description: 'Which workspaces; default: all.' }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, { reads, caller }) => {
      const { filter } = checkArgs(workspacesSchema, args)
      const { host = null, project = null, statuses = null } = filter ?? {}
      const asked = readPage(WORKSPACES, args)
      const which = { host, project, statuses }
      return toConnection(
        await listWorkspaces(await reads.connection(), which, visibilityOf(caller), asked),
        ({ workspace }) => encodePlace(WORKSPACES, { at: workspace.createdAt, id: workspace.id }),
        (loaded) => loaded,
      )
    },
  }),
  workspaceOperations: t.field({
    type: WorkspaceOperationConnection,
    description: 'Operations of the workspaces that you may see, the newest first.',
    args: {
      filter: t.arg({ type: OperationFilter.ref, description: 'Which operations; default: all.' }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, { reads, caller }) => {
      const { filter } = checkArgs(operationsSchema, args)
      const { host = null, workspaceId = null, kinds = null, statuses = null } = filter ?? {}
      const asked = readPage(OPERATIONS, args)
      const which = { host, workspaceId, kinds, statuses }
      return toConnection(
        await listWorkspaceOperations(await reads.connection(), which, visibilityOf(caller), asked),
        (operation) => encodePlace(OPERATIONS, { at: operation.requestedAt, id: operation.id }),
        (operation) => ({ operation }),
      )
    },
  }),
}))
