import { showInvisible, type Phase, type RunDetail, type StoredRun } from '@pawl/sdk'
import { useRun } from '@pawl/sdk/react'
import { useMemo, useState } from 'react'
import { ApprovalCard } from '../activity/ApprovalCard.tsx'
import { describeError } from '../elements/Problem.tsx'
import { Link } from '../elements/Link.tsx'
import { RunRemoved } from '../elements/Removed.tsx'
import type { PageAddress } from '../elements/address.ts'
import { Facts } from './Facts.tsx'
import { PhaseGraph } from './PhaseGraph.tsx'
import { Result } from './Result.tsx'
import { RunHead } from './RunHead.tsx'
import { Tabs } from './Tabs.tsx'
import { useTitle } from '../elements/title.ts'
import { useRunData } from '../activity/useRunData.ts'
import { Missing, Verdict, Waiting } from './Verdict.tsx'

interface RunPageProps {
  readonly runId: string
  readonly place: PageAddress
}

/** The page of a run, live. */
export function RunPage({ runId, place }: RunPageProps) {
  const { run, detail, isLoading, isMissing, error } = useRun(runId)
  useTitle(run ? showInvisible(run.title ?? run.id) : '')
  if (isMissing)
    return (
      <main className="page nothing">
        <h1>There is no such run</h1>
        <p>It was deleted, or never was, or belongs to a project that you may not see.</p>
        <Link className="button" to="/">
          To the board
        </Link>
      </main>
    )
  if (isLoading || !run?.status)
    return (
      <main className="page" aria-busy={error === undefined}>
        <p role="status">{error === undefined ? 'Asking the server …' : describeError(error)}</p>
      </main>
    )
  return (
    <main className="run" data-run-id={runId} data-status={run.status}>
      <RunHead run={run} detail={detail} />
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div className="run-main">
        <div className="run-lead">
          {detail?.contentRemoval && <RunRemoved removal={detail.contentRemoval} />}
          <Verdict run={run} detail={detail} />
          <Waiting run={run} />
          <Questions run={run} />
          {run.isSettled && <Result run={run} detail={detail} place={place} />}
        </div>
        <Tabs run={run} detail={detail} place={place} />
      </div>
      <div className="run-side">
        {detail && <Phases run={run} detail={detail} />}
        <Facts run={run} detail={detail} />
      </div>
    </main>
  )
}

/** The pending approvals of the run. */
function Questions({ run }: { readonly run: StoredRun }) {
  const { value, refresh } = useRunData(
    `questions ${run.id}`,
    run.revision,
    async (pawl, signal) => (await pawl.approvals.list({ runId: run.id, first: 20, signal })).nodes,
  )
  const pending = value?.filter(({ status }) => status === 'PENDING') ?? []
  if (pending.length === 0 || run.isSettled) return null
  return (
    <section aria-label="Waits for a person">
      {pending.map((approval) => (
        <ApprovalCard
          key={approval.id}
          approval={approval}
          mayDecide={run.allowedCommands?.includes('DECIDE_APPROVAL') ?? false}
          onAnswer={refresh}
        />
      ))}
    </section>
  )
}

/** The graph of the chosen round; by default the current one. */
function Phases({ run, detail }: { readonly run: StoredRun; readonly detail: RunDetail }) {
  const [chosen, setChosen] = useState<number>()
  const present = detail.round
  const round = chosen !== undefined && chosen < present ? chosen : present
  const earlier = useRunData<readonly Phase[] | undefined>(
    `round ${run.id} ${round}`,
    undefined,
    async (pawl, signal) => (round < present ? pawl.phases.list(run.id, { round, signal }) : undefined),
  )
  const isPresent = round === present
  const phases = isPresent ? detail.phases : (earlier.value ?? [])
  const rounds = useMemo(() => Array.from({ length: present }, (_, index) => index + 1), [present])
  const isOld = run.isSettled === true && detail.revision < run.revision
  return (
    <section className="panel run-phases" aria-label="Phases">
      <div className="pane-head">
        <h2>
          {detail.workflow.name} <span className="soft">version {detail.workflow.version}</span>
        </h2>
        {present > 1 && (
          <fieldset className="chips">
            <legend className="hidden">Round</legend>
            {rounds.map((number) => (
              <button
                key={number}
                type="button"
                className="chip"
                aria-pressed={number === round}
                onClick={() => setChosen(number)}
              >
                Round {number}
              </button>
            ))}
          </fieldset>
        )}
      </div>
      <PhaseGraph
        workflow={detail.workflow}
        phases={phases}
        current={isPresent && !run.isFinal ? detail.currentPhase?.key : undefined}
        isOpen={!run.isSettled}
        isOld={isOld}
      />
      {!run.isSettled && detail.missingEvidence.length > 0 && (
        <details className="evidence">
          <summary>What Completed still needs ({detail.missingEvidence.length})</summary>
          <Missing missing={detail.missingEvidence} />
        </details>
      )}
    </section>
  )
}
