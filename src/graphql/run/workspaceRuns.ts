import { builder } from '../kit/builder.ts'
import { FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { readOwnedPage } from '../kit/ownedLists.ts'
import { WorkspaceRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'
import { connectRuns, RunConnection } from './runConnection.ts'

/** The list name in cursors of the runs of a workspace. */
const RUNS = 'workspaceRuns'

builder.objectField(WorkspaceRef, 'runs', (t) =>
  t.field({
    type: RunConnection,
    description: 'The runs that work, or worked, in it, as far as you may see them, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ workspace: { id } }, args, { reads }) => {
      const page = await reads.runsOfWorkspace.load(readOwnedPage(RUNS, id, args))
      const count = async () => (await reads.workspaceRunCount.load(id))?.count ?? 0
      return connectRuns(RUNS, page, reads, count)
    },
  }),
)
