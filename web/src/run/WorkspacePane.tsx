import type { StoredRun, Workspace, WorkspaceOperationDetail, WorkspaceOperationKind } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Confirm } from '../elements/Confirm.tsx'
import { Problem, describeError } from '../elements/Problem.tsx'
import { DiffSummary } from '../activity/DiffSummary.tsx'
import { useWorkspace } from './useWorkspace.ts'

/** The buttons of the workspace operations. */
const OPERATION: Readonly<
  Record<WorkspaceOperationKind, { readonly verb: string; readonly confirm?: string }>
> = {
  DIFF: { verb: 'Show what changed' },
  MERGE: {
    verb: 'Merge …',
    confirm: 'The work is merged into the branch it began at, all or nothing: conflicts change nothing.',
  },
  START_PREVIEW: { verb: 'Start a preview' },
  STOP_PREVIEW: { verb: 'Stop the preview' },
  REMOVE: {
    verb: 'Remove …',
    confirm: 'The directory is removed, unless it holds work that is not merged. This can’t be undone.',
  },
}

/** The workspace of the run, and the operations that are allowed now. */
export function WorkspacePane({ run }: { readonly run: StoredRun }) {
  const { value, error } = useWorkspace(run.id, run.revision)
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (value === undefined) return <p className="soft">Asking the server …</p>
  if (value === null) return <p className="soft">No workspace was recorded for it.</p>
  return <Present key={value.id} workspace={value} />
}

function Present({ workspace }: { readonly workspace: Workspace }) {
  const { id, kind, host, path, branch, repository, baseCommit, status, preview, inFlight } = workspace
  const [asked, setAsked] = useState<WorkspaceOperationKind>()
  const perform = useAction((pawl, kind: WorkspaceOperationKind) => pawl.workspaces.perform(id, kind))
  const ask = (kind: WorkspaceOperationKind) => void perform.send(kind)
  const waiting = inFlight.length > 0
  return (
    <section aria-label="Workspace" className="pane" data-workspace={id}>
      <dl className="facts facts-wide">
        <dt>{kind === 'WORKTREE' ? 'Worktree' : 'Directory'}</dt>
        <dd className="mono">{path}</dd>
        <dt>Machine</dt>
        <dd>{host}</dd>
        {branch !== null && (
          <>
            <dt>Branch</dt>
            <dd className="mono">{branch}</dd>
          </>
        )}
        {repository !== null && (
          <>
            <dt>Repository</dt>
            <dd className="mono">{repository}</dd>
          </>
        )}
        {baseCommit !== null && (
          <>
            <dt>Began at</dt>
            <dd className="mono">{baseCommit.slice(0, 12)}</dd>
          </>
        )}
        <dt>Preview</dt>
        <dd>
          {preview.url !== null && preview.status === 'RUNNING' ? (
            <PreviewLink url={preview.url} />
          ) : (
            preview.status.toLowerCase()
          )}
          {preview.error && <span className="problem"> {preview.error.message}</span>}
        </dd>
      </dl>
      {status === 'REMOVED' && <p>Its directory is gone.</p>}
      <div className="actions-row">
        {workspace.allowedOperations.map((kind) => (
          <ActionButton
            key={kind}
            isPending={perform.isPending}
            pendingLabel={null}
            onClick={() => (OPERATION[kind].confirm ? setAsked(kind) : ask(kind))}
          >
            {OPERATION[kind].verb}
          </ActionButton>
        ))}
      </div>
      <p role="status" className="soft">
        {waiting
          ? inFlight
              .map(
                ({ kind, status }) =>
                  `${kind.toLowerCase()}: ${status === 'STARTED' ? 'the worker is at it' : 'waits for the worker of the machine'}`,
              )
              .join('; ')
          : perform.isPending && 'Asking the server …'}
      </p>
      <Problem problem={perform.problem} error={perform.error} />
      {perform.success && <Done operation={perform.success.operation} scope={id} />}
      {asked && (
        <Confirm
          title={asked === 'MERGE' ? 'Merge this work?' : 'Remove this workspace?'}
          verb={asked === 'MERGE' ? 'Merge it' : 'Remove it'}
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined)
            ask(asked)
          }}
        >
          <p>{OPERATION[asked].confirm}</p>
        </Confirm>
      )}
    </section>
  )
}

/** The URL comes from a worker and is not trusted: only http and https become a link. */
function PreviewLink({ url }: { readonly url: string }) {
  if (!/^https?:\/\//i.test(url)) return <code>{url}</code>
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  )
}

interface DoneProps {
  readonly operation: WorkspaceOperationDetail
  readonly scope: string
}

function Done({ operation, scope }: DoneProps) {
  const { kind, diff, merge } = operation
  if (kind === 'MERGE' && merge)
    return (
      <p role="status">
        Merged into {merge.into} as <code>{merge.commit.slice(0, 12)}</code>.
      </p>
    )
  if (kind !== 'DIFF' || !diff) return <p role="status">Done.</p>
  return <DiffSummary diff={diff} scope={scope} />
}
