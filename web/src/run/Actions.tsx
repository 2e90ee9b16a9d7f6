import type { RunCommand, StoredRun } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { useSession } from '../account/session.ts'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Confirm } from '../elements/Confirm.tsx'
import { Link } from '../elements/Link.tsx'
import { Problem } from '../elements/Problem.tsx'

interface ActionsProps {
  readonly run: StoredRun
  /** Whether a run that continues it may be started. */
  readonly isContinuable: boolean
}

/** The roles that may start runs. */
const STARTING: ReadonlySet<string> = new Set(['ADMIN', 'OPERATOR'])

/** The commands that the server allows for the run now. */
export function Actions({ run, isContinuable }: ActionsProps) {
  const { viewer } = useSession()
  const { id } = run
  const pause = useAction((pawl) => pawl.runs.pause(id))
  const resume = useAction((pawl) => pawl.runs.resume(id))
  const cancel = useAction((pawl, comment: string, cascade: boolean) =>
    pawl.runs.cancel(id, { isCascading: cascade, ...(comment && { comment }) }),
  )
  const remove = useAction((pawl) => pawl.runs.delete(id))
  const [asked, setAsked] = useState<'cancel' | 'delete'>()
  const [comment, setComment] = useState('')
  const [cascade, setCascade] = useState(true)
  const all = [pause, resume, cancel, remove]
  const may = (command: RunCommand) => run.allowedCommands?.includes(command) ?? false
  /** One command at a time; the result of the last one is shown until the next. */
  const begin = (action: { send: () => Promise<unknown> }) => {
    for (const other of all) other.reset()
    void action.send()
  }
  const isAnyPending = all.some((action) => action.isPending)
  const left = cancel.success?.childrenLeft.length ?? 0
  return (
    <div className="actions">
      <div className="actions-row">
        {may('RESUME') && (
          <ActionButton
            look="button-main"
            isPending={resume.isPending}
            disabled={isAnyPending}
            onClick={() => begin(resume)}
          >
            Resume
          </ActionButton>
        )}
        {may('PAUSE') && (
          <ActionButton isPending={pause.isPending} disabled={isAnyPending} onClick={() => begin(pause)}>
            Pause
          </ActionButton>
        )}
        {run.isSettled && STARTING.has(viewer.role) && (
          <Link className="button" to={`/start?from=${id}`}>
            Start again …
          </Link>
        )}
        {isContinuable && STARTING.has(viewer.role) && (
          <Link className="button" to={`/start?continues=${id}`}>
            Continue …
          </Link>
        )}
        {may('CANCEL') && (
          <ActionButton
            look="button-danger"
            isPending={cancel.isPending}
            disabled={isAnyPending}
            onClick={() => setAsked('cancel')}
          >
            Cancel …
          </ActionButton>
        )}
        {may('DELETE') && (
          <ActionButton
            look="button-danger"
            isPending={remove.isPending}
            disabled={isAnyPending}
            onClick={() => setAsked('delete')}
          >
            Delete …
          </ActionButton>
        )}
      </div>
      {all.map((action, index) => (
        <Problem key={index} problem={action.problem} error={action.error} />
      ))}
      {cancel.success && left > 0 && (
        <p role="status">
          {left} of the runs below it {left === 1 ? 'has' : 'have'} not stopped yet.
        </p>
      )}
      {asked === 'cancel' && (
        <Confirm
          title="Cancel this run?"
          verb="Cancel the run"
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined)
            begin({ send: () => cancel.send(comment.trim(), cascade) })
          }}
        >
          <p>
            Once accepted, it will end Cancelled, and can’t be resumed.
            {run.lease?.isLive &&
              ` ${run.lease.owner} is told to stop, and confirms that its processes are gone.`}
          </p>
          <label className="field">
            What to say about it
            <input value={comment} onChange={({ target }) => setComment(target.value)} />
          </label>
          <label className="check">
            <input type="checkbox" checked={cascade} onChange={({ target }) => setCascade(target.checked)} />
            Also cancel the runs below it
          </label>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title="Delete this run?"
          verb="Delete it for good"
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined)
            begin(remove)
          }}
        >
          <p>Its log, artifacts and transcripts are deleted with it. This can’t be undone.</p>
        </Confirm>
      )}
    </div>
  )
}
