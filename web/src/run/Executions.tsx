import { Age, Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { describeError } from '../elements/Problem.tsx'
import { describeEpoch, OUTCOME } from '../elements/words.ts'
import type { Word } from '../elements/words.ts'
import { useRunData } from '../activity/useRunData.ts'

const IN_FLIGHT: Word = { label: 'Running', tone: 'live', means: 'Its end was not recorded yet' }
/** The end of an execution may be recorded after the run has settled, which changes no revision. */
const REFRESH_MS = 10_000

interface ExecutionsProps {
  readonly runId: string
  readonly revision: number | undefined
}

/** The processes launched for the run, and their outcomes. */
export function Executions({ runId, revision }: ExecutionsProps) {
  const { value, error } = useRunData(
    `executions ${runId}`,
    revision,
    async (pawl, signal) => (await pawl.executions.list({ filter: { runId }, first: 200, signal })).nodes,
    REFRESH_MS,
  )
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (!value) return <p className="soft">Asking the server …</p>
  if (value.length === 0) return <p className="soft">No process was launched for it yet.</p>
  const hasResumed = value.some(({ epoch }) => (epoch ?? 1) > 1)
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Processes">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Command</th>
            <th scope="col">Phase</th>
            <th scope="col">Ended</th>
            <th scope="col">Lasted</th>
            {hasResumed && <th scope="col">When</th>}
          </tr>
        </thead>
        <tbody>
          {value.map(
            ({
              id,
              outcome,
              command,
              pid,
              phase,
              attempt,
              end,
              exitCode,
              signal,
              startedAt,
              endedAt,
              epoch,
            }) => (
              <tr key={id} data-execution={id} data-outcome={outcome}>
                <td>
                  <Badge word={outcome ? OUTCOME[outcome] : IN_FLIGHT} />
                </td>
                <td>
                  <code>{command}</code>
                  {pid !== null && <span className="soft"> pid {pid}</span>}
                </td>
                <td>
                  {phase?.key ?? '–'}
                  {attempt !== null && attempt > 1 && <span className="soft"> attempt {attempt}</span>}
                </td>
                <td>
                  {end === null ? '–' : describeEnd(end, exitCode, signal)}{' '}
                  {endedAt && (
                    <span className="soft">
                      <Ago at={endedAt} />
                    </span>
                  )}
                </td>
                <td>
                  <Age since={startedAt} until={endedAt} />
                </td>
                {hasResumed && <td>{epoch === null ? '–' : describeEpoch(epoch)}</td>}
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  )
}

function describeEnd(end: string, exitCode: number | null, signal: string | null): string {
  if (signal !== null) return `by ${signal}`
  if (exitCode !== null) return `exit ${exitCode}`
  return end.toLowerCase().replaceAll('_', ' ')
}
