import { useState } from 'react'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { describeError } from '../elements/Problem.tsx'
import { SESSION_STATUS } from '../elements/words.ts'
import { Transcript } from './Transcript.tsx'
import { useRunData } from '../activity/useRunData.ts'

interface SessionsProps {
  readonly runId: string
  readonly revision: number | undefined
}

/** The sessions of the run, and the transcript of the chosen one. */
export function Sessions({ runId, revision }: SessionsProps) {
  const { value, error } = useRunData(`sessions ${runId}`, revision, async (pawl, signal) =>
    (await pawl.sessions.list(runId, { first: 500, signal })).nodes.toReversed(),
  )
  const [chosen, setChosen] = useState<string>()
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (!value) return <p className="soft">Asking the server …</p>
  const session = value.find(({ id }) => id === chosen) ?? value.at(-1)
  if (!session) return <p className="soft">No agent was attached to it yet.</p>
  return (
    <div className="split">
      <ul className="choices" aria-label="Sessions">
        {value.map(({ id, role, adapter, status, recoveryAttempts, createdAt }) => (
          <li key={id}>
            <button
              type="button"
              className="choice"
              aria-pressed={id === session.id}
              data-session={id}
              data-session-status={status}
              onClick={() => setChosen(id)}
            >
              <span className="choice-name">{role}</span>
              <Badge word={SESSION_STATUS[status]} />
              <span className="soft">
                {adapter}, opened <Ago at={createdAt} />
                {recoveryAttempts > 0 && `, recovered ${recoveryAttempts}×`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Transcript key={session.id} sessionId={session.id} />
    </div>
  )
}
