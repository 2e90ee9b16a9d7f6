import type { StoredRun, Workspace, WorkspaceOperationDetail } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { DiffSummary } from '../activity/DiffSummary.tsx'
import { useRunData } from '../activity/useRunData.ts'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Ago } from '../elements/Age.tsx'
import { Problem } from '../elements/Problem.tsx'
import { useWorkspace } from './useWorkspace.ts'

/** What the run has changed in its worktree, as it was last asked for, and a button that asks again. */
export function Changes({ run }: { readonly run: StoredRun }) {
  const { value: workspace } = useWorkspace(run.id, run.revision)
  return workspace?.kind === 'WORKTREE' ? <KeptChanges workspace={workspace} /> : null
}

function KeptChanges({ workspace }: { readonly workspace: Workspace }) {
  const { id, allowedOperations } = workspace
  const kept = useRunData(`kept changes ${id}`, workspace.revision, async (pawl, signal) => {
    const filter = { workspaceId: id, kinds: ['DIFF' as const], statuses: ['SUCCEEDED' as const] }
    const { nodes } = await pawl.workspaces.operations({ filter, first: 1, signal })
    return nodes[0] ? pawl.workspaces.operation(nodes[0].id, { signal }) : null
  })
  const look = useAction((pawl) => pawl.workspaces.perform(id, 'DIFF'))
  const asked = look.success?.operation
  const operation: WorkspaceOperationDetail | null | undefined = asked ?? kept.value
  const mayLook = allowedOperations.includes('DIFF')
  if (!operation?.diff && !mayLook) return null
  return (
    <section className="panel pane" aria-label="Changes">
      <div className="pane-head">
        <h2>Changes</h2>
        {operation?.diff && operation.endedAt && (
          <span className="soft">
            as of <Ago at={operation.endedAt} />
          </span>
        )}
        {mayLook && (
          <ActionButton
            look="button-small"
            isPending={look.isPending}
            pendingLabel="Asking the worker …"
            onClick={() => void look.send()}
          >
            {operation?.diff ? 'Ask again' : 'Show what changed'}
          </ActionButton>
        )}
      </div>
      <Problem problem={look.problem} error={look.error} />
      {operation?.diff && <DiffSummary diff={operation.diff} scope={id} />}
    </section>
  )
}
