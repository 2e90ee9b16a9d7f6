import type { Approval, Decision } from '@pawl/sdk'
import { isSuccess } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useId, useRef, useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Confirm } from '../elements/Confirm.tsx'
import { Problem } from '../elements/Problem.tsx'
import { answerFields, toAnswer } from './answerFields.ts'
import { AnswerForm } from './AnswerForm.tsx'
import type { Choice } from './approvalWords.ts'
import { APPROVAL, CHOICES, COMMENT } from './approvalWords.ts'
import { composeFeedback } from './diff/feedback.ts'
import type { LineComment } from './diff/feedback.ts'
import type { Shown } from './useShown.ts'

/** Fields of a decision, without the digest. */
export interface DecisionFields {
  readonly decision: Decision
  readonly comment?: string
  readonly answer?: Readonly<Record<string, string | number | boolean>>
}

/** Other questions that are equal to the one shown. */
export interface Bulk {
  readonly others: readonly Approval[]
  /** Decides them in the same way. */
  decide(fields: DecisionFields): Promise<void>
}

interface DecisionFormProps {
  readonly approval: Approval
  readonly shown: Shown
  /** What was written on lines of the changes; it goes with the decision. */
  readonly comments: readonly LineComment[]
  readonly bulk?: Bulk | undefined
  /** Called after every answer of the server, with whether the decision was taken. */
  readonly onAnswer: (isDecided: boolean) => void
}

/** The form that decides an approval. What could not be shown can't be approved unless the viewer says to have seen it elsewhere. */
export function DecisionForm({ approval, shown, comments, bulk, onAnswer }: DecisionFormProps) {
  const { id, digest, kind } = approval
  const [comment, setComment] = useState('')
  const [confirmed, setConfirmed] = useState<Choice>()
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [isSeen, setSeen] = useState(false)
  const [isForAll, setForAll] = useState(false)
  const reasonId = useId()
  const refusing = useRef<HTMLButtonElement>(null)
  const fields = answerFields(approval)
  const decide = useAction((pawl, given: DecisionFields) => pawl.approvals.decide(id, { ...given, digest }))
  const act = async (decision: Decision) => {
    const feedback = composeFeedback(comment, comments)
    const given: DecisionFields = {
      decision,
      ...(feedback && { comment: feedback }),
      ...(decision === 'ANSWER' && { answer: toAnswer(fields, typed) }),
    }
    const result = await decide.send(given)
    const isDecided = result !== undefined && isSuccess(result)
    if (isDecided && isForAll) await bulk?.decide(given)
    onAnswer(isDecided)
  }
  const choices = CHOICES[kind].filter(({ decision }) => approval.decisions.includes(decision))
  const choose = (choice: Choice) => (choice.confirm ? setConfirmed(choice) : void act(choice.decision))
  /** The choice that goes against what is asked is the last one. */
  const refusal = choices.at(-1)
  const unready = kind === 'REVIEW' ? describeUnready(shown, isSeen, isForAll) : undefined
  const others = bulk?.others.length ?? 0
  return (
    <form className="approval-form" onSubmit={(event) => event.preventDefault()}>
      <Problem problem={toProblem(decide.problem)} error={decide.error} />
      <AnswerForm
        fields={fields}
        typed={typed}
        onType={(name, text) => setTyped((before) => ({ ...before, [name]: text }))}
      />
      <label className="field">
        {COMMENT[kind]}
        <textarea
          rows={2}
          value={comment}
          onChange={({ target }) => setComment(target.value)}
          onKeyDown={(event) => {
            // as the button does, which is off at times
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) refusing.current?.click()
          }}
          aria-describedby={`${reasonId}-keys`}
          data-comment
        />
      </label>
      {comments.length > 0 && (
        <p className="soft" role="status">
          {comments.length === 1
            ? 'The comment on a line goes'
            : `The ${comments.length} comments on lines go`}{' '}
          with the decision, with file and line.
        </p>
      )}
      {kind === 'REVIEW' && shown.lacking.length > 0 && (
        <div className="verdict tone-half" data-lacking>
          <div>
            {shown.lacking.map((why) => (
              <p key={why}>{why}</p>
            ))}
            <div className="actions-row">
              <ActionButton look="button-small" onClick={shown.refresh}>
                Load again
              </ActionButton>
              <label className="check">
                <input type="checkbox" checked={isSeen} onChange={({ target }) => setSeen(target.checked)} />
                I have looked at it elsewhere
              </label>
            </div>
          </div>
        </div>
      )}
      {others > 0 && (
        <label className="check">
          <input type="checkbox" checked={isForAll} onChange={({ target }) => setForAll(target.checked)} />
          {others === 1
            ? 'Decide the other question that is equal, too'
            : `Decide the ${others} other questions that are equal, too`}
        </label>
      )}
      <div className="actions-row">
        {choices.map((choice) => {
          const isOff = choice.decision === 'APPROVE' && unready !== undefined
          return (
            <ActionButton
              key={choice.decision}
              look={`${choice.isMain ? 'button-main' : ''} ${choice.isDanger ? 'button-danger' : ''}`.trim()}
              isPending={decide.isPending}
              disabled={isOff}
              aria-describedby={isOff ? reasonId : undefined}
              data-main={choice.isMain}
              ref={choice === refusal ? refusing : undefined}
              onClick={() => choose(choice)}
            >
              {choice.verb}
            </ActionButton>
          )
        })}
        {refusal && unready === undefined && (
          <span className="soft" id={`${reasonId}-keys`}>
            <kbd>Ctrl</kbd>+<kbd>Enter</kbd> in the text: {refusal.verb.split(',')[0]}
          </span>
        )}
        {unready !== undefined && (
          <span className="soft" id={reasonId} role="status" data-unready>
            {unready}
          </span>
        )}
      </div>
      {confirmed && (
        <Confirm
          title="Give this run up?"
          verb="Give it up"
          onCancel={() => setConfirmed(undefined)}
          onConfirm={() => {
            setConfirmed(undefined)
            void act(confirmed.decision)
          }}
        >
          <p>{confirmed.confirm}</p>
        </Confirm>
      )}
    </form>
  )
}

/** Why a review can't be approved now; undefined: everything that it is about is shown. */
function describeUnready(shown: Shown, isSeen: boolean, isForAll: boolean): string | undefined {
  if (isForAll) return 'Each run has its own file and changes: approve them one by one.'
  if (shown.isLoading) return 'Approve waits until the file and the changes are loaded.'
  return shown.lacking.length === 0 || isSeen
    ? undefined
    : 'Approve is off: not everything that it is about is shown.'
}

/** A refusal with its run, if it has one. */
function toProblem(problem: { readonly message: string; readonly __typename: string } | undefined) {
  if (!problem) return undefined
  if ('approval' in problem) {
    const { status, decidedBy } = problem.approval as Approval
    const now =
      status === 'PENDING'
        ? ''
        : ` It is ${APPROVAL[status].label.toLowerCase()}${decidedBy ? ` by ${decidedBy}` : ''}.`
    return { message: `${problem.message}${now}` }
  }
  return problem
}
