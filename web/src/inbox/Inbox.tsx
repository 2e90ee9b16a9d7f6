import type { Approval, RunStatus } from '@pawl/sdk'
import { usePawl, useRuns } from '@pawl/sdk/react'
import { useMemo, useRef, useState } from 'react'
import { ApprovalCard } from '../activity/ApprovalCard.tsx'
import { KIND } from '../activity/approvalWords.ts'
import type { DecisionFields } from '../activity/DecisionForm.tsx'
import { useRunData } from '../activity/useRunData.ts'
import { Age } from '../elements/Age.tsx'
import { navigate, withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { Link } from '../elements/Link.tsx'
import { countOutcomes, describeOutcomes } from '../elements/outcomes.ts'
import { describeError } from '../elements/Problem.tsx'
import { useTitle } from '../elements/title.ts'
import { equalQuestions } from './equalQuestions.ts'
import { NotifyChoice } from './NotifyChoice.tsx'
import { useInboxKeys } from './useInboxKeys.ts'
import type { PendingApprovals } from './usePending.ts'

const WAITING: { statuses: RunStatus[] } = { statuses: ['AWAITING_APPROVAL', 'PAUSED'] }

interface InboxProps {
  readonly pending: PendingApprovals
  readonly place: PageAddress
}

/** The pending approvals of all runs, oldest first, and beside them the chosen one, which is part of the address. */
export function Inbox({ pending, place }: InboxProps) {
  const { approvals, hasMore, error, refresh } = pending
  useTitle('Approvals')
  const pawl = usePawl()
  const deciding = useDecidable()
  const [note, setNote] = useState('')
  const asked = new URLSearchParams(place.search).get('id') ?? undefined
  const detail = useRef<HTMLDivElement>(null)
  const list = approvals ?? []
  const chosenId = asked ?? list[0]?.id
  const choose = (id: string | undefined) =>
    navigate(withParameters(place, { id }), { isReplacing: asked !== undefined })
  const at = list.findIndex(({ id }) => id === chosenId)

  useInboxKeys({
    move: (step) => {
      const next = list[at < 0 ? 0 : at + step]
      if (next) choose(next.id)
    },
    focus: (selector) => detail.current?.querySelector<HTMLElement>(selector)?.focus(),
  })

  const decideOthers = async (others: readonly Approval[], fields: DecisionFields) => {
    const outcomes = await countOutcomes(
      others.map(({ id, digest }) => pawl.approvals.decide(id, { ...fields, digest })),
    )
    setNote(`Equal questions: ${describeOutcomes({ ...outcomes, done: outcomes.done + 1 })}`)
  }
  return (
    <main className="inbox-page" data-open={asked !== undefined || undefined}>
      <div className="inbox-list">
        <header className="pane-head">
          <h1>Approvals</h1>
          <NotifyChoice />
        </header>
        <p className="soft" role="status">
          {note} {approvals === undefined ? 'Asking the server …' : describeCount(approvals.length, hasMore)}
        </p>
        {error !== undefined && <p className="problem">{describeError(error)}</p>}
        <ul aria-label="Questions, the oldest first">
          {list.map((approval) => (
            <li key={approval.id}>
              <Row
                approval={approval}
                to={withParameters(place, { id: approval.id })}
                isChosen={approval.id === chosenId}
              />
            </li>
          ))}
        </ul>
        {list.length > 0 && (
          <p className="soft inbox-keys">
            <kbd>j</kbd> <kbd>k</kbd> next, previous · <kbd>a</kbd> then <kbd>Enter</kbd> decides ·{' '}
            <kbd>r</kbd> refuses, with feedback
          </p>
        )}
      </div>
      <div className="inbox-detail" ref={detail}>
        {asked !== undefined && (
          <Link className="button button-quiet inbox-back" to={withParameters(place, { id: undefined })}>
            ← All questions
          </Link>
        )}
        {chosenId !== undefined && (
          <Chosen
            key={chosenId}
            id={chosenId}
            known={list[at]}
            revision={list.length}
            draw={(approval) => (
              <ApprovalCard
                approval={approval}
                mayDecide={deciding.has(approval.run.id)}
                isNamed
                bulk={toBulk(
                  equalQuestions(list, approval).filter(({ run }) => deciding.has(run.id)),
                  decideOthers,
                )}
                onAnswer={(isDecided) => {
                  refresh()
                  if (isDecided) choose((list[at + 1] ?? list[at - 1])?.id)
                }}
              />
            )}
          />
        )}
      </div>
    </main>
  )
}

interface RowProps {
  readonly approval: Approval
  readonly to: string
  readonly isChosen: boolean
}

function Row({ approval, to, isChosen }: RowProps) {
  const { id, kind, question, run, requestedAt } = approval
  return (
    <Link className="inbox-row" to={to} aria-current={isChosen || undefined} data-question={id}>
      <span className="inbox-kind">{KIND[kind]}</span>
      <span className="inbox-question">{question}</span>
      <span className="inbox-run">{run.title ?? run.id}</span>
      <Age since={requestedAt} />
    </Link>
  )
}

interface ChosenProps {
  readonly id: string
  /** The approval, if it is pending. */
  readonly known: Approval | undefined
  readonly revision: number
  readonly draw: (approval: Approval) => React.ReactNode
}

/** The chosen approval; one that is no longer pending is loaded, so that it can be seen who decided. */
function Chosen({ id, known, revision, draw }: ChosenProps) {
  const { value, error } = useRunData(`chosen ${id} ${known === undefined}`, revision, (pawl, signal) =>
    known ? Promise.resolve(known) : pawl.approvals.get(id, { signal }),
  )
  const approval = known ?? value
  if (approval) return draw(approval)
  if (value === null) return <p>There is no such question.</p>
  return <p className="soft">{error === undefined ? 'Asking the server …' : describeError(error)}</p>
}

/** The runs whose approvals the viewer may decide now. */
function useDecidable(): ReadonlySet<string> {
  const { runs } = useRuns({ filter: WAITING, pageSize: 500 })
  return useMemo(
    () =>
      new Set(
        runs
          .filter(({ allowedCommands }) => allowedCommands?.includes('DECIDE_APPROVAL'))
          .map(({ id }) => id),
      ),
    [runs],
  )
}

function toBulk(
  others: readonly Approval[],
  decide: (others: readonly Approval[], fields: DecisionFields) => Promise<void>,
) {
  return { others, decide: (fields: DecisionFields) => decide(others, fields) }
}

function describeCount(count: number, hasMore: boolean): string {
  if (count === 0) return 'Nothing waits for a person.'
  return `${count}${hasMore ? ' and more' : ''} ${count === 1 ? 'question waits' : 'questions wait'} for a person.`
}
