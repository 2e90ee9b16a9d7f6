import type { RunEvent } from '@pawl/sdk'
import { Ago } from '../../elements/Age.tsx'
import { navigate, withParameters } from '../../elements/address.ts'
import type { PageAddress } from '../../elements/address.ts'
import { Badge } from '../../elements/Badge.tsx'
import { describeError } from '../../elements/Problem.tsx'
import { SESSION_STATUS } from '../../elements/words.ts'
import { useRunData } from '../../activity/useRunData.ts'
import { Transcript } from './Transcript.tsx'

interface ConversationProps {
  readonly runId: string
  readonly revision: number | undefined
  readonly events: readonly RunEvent[]
  readonly place: PageAddress
}

/** The sessions of the run, and the conversation of the chosen one; it, and a place in it, are part of the address. */
export function Conversation({ runId, revision, events, place }: ConversationProps) {
  const { value, error } = useRunData(`sessions ${runId}`, revision, async (pawl, signal) =>
    (await pawl.sessions.list(runId, { first: 500, signal })).nodes.toReversed(),
  )
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (!value) return <p className="soft">Asking the server …</p>
  const parameters = new URLSearchParams(place.search)
  const wanted = parameters.get('session')
  const session = value.find(({ id }) => id === wanted) ?? value.at(-1)
  if (!session) return <p className="soft">No agent was attached to it yet.</p>
  const toAddress = (at: string | undefined, id = session.id) =>
    withParameters(place, { session: id, at, tab: undefined })
  return (
    <div className="pane">
      {value.length > 1 && (
        <ul className="sessions" aria-label="Sessions">
          {value.map(({ id, role, adapter, status, recoveryAttempts, createdAt }) => (
            <li key={id}>
              <button
                type="button"
                className="choice"
                aria-pressed={id === session.id}
                data-session={id}
                data-session-status={status}
                onClick={() => navigate(toAddress(undefined, id), { isReplacing: true })}
              >
                <span className="choice-name">{role}</span>
                <Badge word={SESSION_STATUS[status]} />
                <span className="soft">
                  {adapter}, <Ago at={createdAt} />
                  {recoveryAttempts > 0 && `, recovered ${recoveryAttempts}×`}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {value.length === 1 && (
        <p className="pane-head" data-session={session.id} data-session-status={session.status}>
          <strong>{session.role}</strong>
          <Badge word={SESSION_STATUS[session.status]} />
          <span className="soft">
            {session.adapter}, opened <Ago at={session.createdAt} />
            {session.recoveryAttempts > 0 && `, recovered ${session.recoveryAttempts}×`}
          </span>
        </p>
      )}
      <Transcript
        key={session.id}
        sessionId={session.id}
        events={events}
        at={parameters.get('at') ?? undefined}
        toAddress={toAddress}
        choose={(at) => navigate(toAddress(at), { isReplacing: true })}
      />
    </div>
  )
}
