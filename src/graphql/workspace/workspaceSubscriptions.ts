import { z } from 'zod'
import { tailRequests } from '../../events/tailRequests.ts'
import { tailWorkspace } from '../../events/tailWorkspace.ts'
import { findWorkspaces } from '../../store/workspace/findWorkspaces.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { type GraphContext, refuseLimitedToRun } from '../request/context.ts'
import { failWith } from '../request/errors.ts'
import { nameSchema, toLookedUp } from '../kit/input.ts'
import { WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import { assertWorkspaceVisible } from './assertWorkspaceVisible.ts'
import { visibilityOf } from '../request/visibility.ts'
import { statementCost } from '../request/statementCost.ts'

const requestsSchema = z.object({ host: nameSchema(200) })

/** @throws WORKSPACE_NOT_FOUND or FORBIDDEN if the workspace can't be followed */
async function checkFollowed(workspaceId: string, context: GraphContext): Promise<void> {
  const id = toLookedUp(workspaceId)
  const [loaded] = await findWorkspaces(context.commands.store.pool, [id])
  if (!loaded) throw failWith('WORKSPACE_NOT_FOUND', `There is no workspace ${id}.`)
  await assertWorkspaceVisible(loaded, context)
}

builder.subscriptionFields((t) => ({
  workspaceChanged: t.field({
    type: WorkspaceRef,
    description:
      'A workspace: its current state, then after each change of its revision. It never goes back, and a superseded revision may be skipped. Ends when the workspace is REMOVED. Changes that come from its runs alone (allowedOperations) are not sent.',
    args: {
      workspaceId: t.arg.id({
        required: true,
        description: 'The one to follow, `wsp_…`; WORKSPACE_NOT_FOUND if there is none.',
      }),
      after: t.arg.int({ description: 'The last revision that you have: only later ones are sent.' }),
    },
    subscribe: async (_, { workspaceId, after }, context) => {
      await checkFollowed(workspaceId, context)
      return tailWorkspace(context.streams, { workspaceId, after: after ?? 0 })
    },
    extensions: statementCost(1),
    // read again at the snapshot if the frame uses one, so that everything shown is consistent
    resolve: async (frame, _, { reads }) =>
      (reads.atOneMoment ? await reads.workspace.load(frame.workspace.id) : null) ?? frame,
  }),
  workspaceOperationRequested: t.field({
    type: WorkspaceOperationRef,
    description:
      'The operations requested from the worker of a machine: all that can be started now, oldest first, then each new one. An operation is sent again when its deadline has passed, or a minute after nobody has started it. Does not end by itself.',
    args: { host: t.arg.string({ required: true, description: 'The machine.' }) },
    subscribe: (_, args, context) => {
      refuseLimitedToRun(context)
      const { host } = checkArgs(requestsSchema, args)
      return tailRequests(context.streams, { host, projects: visibilityOf(context.caller).projects })
    },
    resolve: (operation) => ({ operation }),
  }),
}))
