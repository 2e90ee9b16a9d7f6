import { z } from 'zod'
import { isId } from '../../commands/kit/ids.ts'
import { tailRequests } from '../../events/tailRequests.ts'
import { tailWorkspace } from '../../events/tailWorkspace.ts'
import { findWorkspaces } from '../../store/workspace/findWorkspaces.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { type GraphContext, refuseAgents } from '../request/context.ts'
import { failWith } from '../request/errors.ts'
import { nameSchema } from '../kit/input.ts'
import { WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import { assertWorkspaceVisible } from './assertWorkspaceVisible.ts'
import { visibilityOf } from '../request/visibility.ts'
import { statementCost } from '../request/statementCost.ts'

const requestsSchema = z.object({ host: nameSchema(200) })

/** @throws INVALID_ID, WORKSPACE_NOT_FOUND or FORBIDDEN if the workspace can't be followed */
async function checkFollowed(workspaceId: string, context: GraphContext): Promise<void> {
  if (!isId('workspace', workspaceId))
    throw failWith('INVALID_ID', 'This is no id of a workspace: it would begin with wsp_.')
  const [loaded] = await findWorkspaces(context.commands.store.pool, [workspaceId])
  if (!loaded) throw failWith('WORKSPACE_NOT_FOUND', `There is no workspace ${workspaceId}.`)
  await assertWorkspaceVisible(loaded, context)
}

builder.subscriptionFields((t) => ({
  workspaceChanged: t.field({
    type: WorkspaceRef,
    description:
      'A workspace as it is, then after each change of its revision; none goes back, what was overtaken may be left out. Ends when it is REMOVED. What changes with its runs alone (allowedOperations) is told by their own streams.',
    args: {
      workspaceId: t.arg.id({ required: true, description: 'The workspace.' }),
      after: t.arg.int({ description: 'The revision you have: only later ones are told.' }),
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
  workspaceRequests: t.field({
    type: WorkspaceOperationRef,
    description:
      'What the worker of a machine is asked to do: every operation that may be started now, the oldest first, then each as it comes. One whose worker was lost comes again when its deadline has passed, one that nobody has started after a minute. Does not end by itself.',
    args: { host: t.arg.string({ required: true, description: 'The machine.' }) },
    subscribe: (_, args, context) => {
      refuseAgents(context)
      const { host } = checkArgs(requestsSchema, args)
      return tailRequests(context.streams, { host, projects: visibilityOf(context.caller).projects })
    },
    resolve: (operation) => ({ operation }),
  }),
}))
