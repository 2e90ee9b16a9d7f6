import type { StoredRun, WorkerInfo, WorkerState } from '@pawl/sdk'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import type { Word } from '../elements/words.ts'
import { HeldRuns } from './HeldRuns.tsx'

const STATES: Readonly<Record<WorkerState, Word>> = {
  READY: { label: 'Ready', tone: 'good', means: 'Claims runs, as many as it may hold' },
  NOT_READY: { label: 'Not ready', tone: 'half', means: 'Claims none until it can work again' },
  STOPPING: { label: 'Stopping', tone: 'stop', means: 'Claims none, and ends when its runs are done' },
  STOPPED: { label: 'Stopped', tone: 'gone', means: 'It has ended' },
  SILENT: { label: 'Silent', tone: 'bad', means: 'Not heard for a while: gone, or out of reach' },
}

interface WorkerPanelProps {
  readonly worker: WorkerInfo
  /** The runs of its name. */
  readonly runs: readonly StoredRun[]
}

/** One worker: whether it claims runs, which ones, who works for it, and what it holds. */
export function WorkerPanel({ worker, runs }: WorkerPanelProps) {
  const { id, name, host, program, state, problem, concurrency, agents, heardAt } = worker
  return (
    <section className="panel pane" aria-label={`${name} on ${host}`} data-owner={name} data-worker={id}>
      <div className="pane-head">
        <h2>{name}</h2>
        <span data-worker-state={state}>
          <Badge word={STATES[state]} />
        </span>
        <span className="soft">
          holds {runs.length} of {concurrency}, heard <Ago at={heardAt} />
        </span>
      </div>
      {state === 'NOT_READY' && problem !== null && <p className="problem">{problem}</p>}
      <dl className="worker-facts">
        <div>
          <dt>Claims</dt>
          <dd>{describeScope(worker)}</dd>
        </div>
        <div>
          <dt>Runs on</dt>
          <dd>
            {host}
            {program !== null && <span className="soft"> {program}</span>}
          </dd>
        </div>
        {agents.length > 0 && (
          <div>
            <dt>Agents</dt>
            <dd>
              <ul className="worker-agents">
                {agents.map(({ role, adapter, program: agent, version }) => (
                  <li key={role}>
                    <b>{role}</b> {agent ?? adapter} <span className="soft">{version}</span>
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        )}
      </dl>
      {runs.length > 0 && <HeldRuns runs={runs} />}
    </section>
  )
}

/** Which runs a worker claims, in words. */
export function describeScope({
  workflows,
  labels,
  projects,
}: Pick<WorkerInfo, 'workflows' | 'labels' | 'projects'>): string {
  const parts = [
    workflows.length > 0 ? `runs of ${workflows.join(', ')}` : 'runs of any workflow',
    ...(labels.length > 0 ? [`labelled ${labels.join(', ')}`] : []),
    ...(projects.length > 0
      ? [`in the project${projects.length > 1 ? 's' : ''} ${projects.join(', ')}`]
      : []),
  ]
  return parts.join(' ')
}
