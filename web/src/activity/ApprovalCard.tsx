import type { Approval, ApprovalStatus, ArtifactDetail, Decision } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { Confirm } from '../elements/Confirm.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { JsonTree } from '../elements/JsonTree.tsx'
import { Problem } from '../elements/Problem.tsx'
import { formatAge, formatTime } from '../elements/time.ts'
import type { Word } from '../elements/words.ts'
import { answerFields, toAnswer } from './answerFields.ts'
import { AnswerForm } from './AnswerForm.tsx'
import { ArtifactView } from './ArtifactView.tsx'
import { useRunData } from './useRunData.ts'
import { useClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import { useSession } from '../account/session.ts'

const APPROVAL: Readonly<Record<ApprovalStatus, Word>> = {
  PENDING: { label: 'Waits for a person', tone: 'ask', means: 'Nobody has decided yet' },
  APPROVED: { label: 'Approved', tone: 'good', means: 'The work is good' },
  REJECTED: { label: 'Rejected', tone: 'bad', means: 'The work is to be done again' },
  RETRIED: { label: 'Tried again', tone: 'live', means: 'The phase is to be tried again' },
  ABORTED: { label: 'Aborted', tone: 'bad', means: 'The run was given up' },
  ALLOWED: { label: 'Allowed', tone: 'good', means: 'The agent may do it, this time' },
  ALLOWED_ALWAYS: {
    label: 'Allowed for the session',
    tone: 'good',
    means: 'The agent may do it for the rest of its session',
  },
  DENIED: { label: 'Denied', tone: 'bad', means: 'The agent may not do it' },
  ANSWERED: { label: 'Answered', tone: 'good', means: 'The question was answered' },
  DECLINED: { label: 'Declined', tone: 'half', means: 'A person would not answer' },
  EXPIRED: { label: 'Expired', tone: 'half', means: 'Nobody decided in time' },
  VOID: {
    label: 'Void',
    tone: 'gone',
    means: 'It was withdrawn, or the run settled, before anybody decided',
  },
}

/** The buttons of the decisions, and whether they need a confirmation. */
const CHOICES: Readonly<Record<Approval['kind'], readonly Choice[]>> = {
  REVIEW: [
    { decision: 'APPROVE', verb: 'Approve', isMain: true },
    { decision: 'REJECT', verb: 'Reject, with feedback' },
  ],
  RECOVERY: [
    { decision: 'RETRY', verb: 'Try again', isMain: true },
    {
      decision: 'ABORT',
      verb: 'Give the run up …',
      confirm: 'The run will be Failed; it may be resumed later.',
    },
  ],
  PERMISSION: [
    { decision: 'ALLOW', verb: 'Allow, this time', isMain: true },
    { decision: 'ALLOW_ALWAYS', verb: 'Allow for this session' },
    { decision: 'DENY', verb: 'Deny' },
  ],
  QUESTION: [
    { decision: 'ANSWER', verb: 'Answer', isMain: true },
    { decision: 'DECLINE', verb: 'Decline to answer' },
  ],
}

/** What the comment is for. */
const COMMENT: Readonly<Record<Approval['kind'], string>> = {
  REVIEW: 'Feedback, kept in the log; with a rejection the agent is given it',
  RECOVERY: 'What to say about it',
  PERMISSION: 'A word to the agent',
  QUESTION: 'A word to the agent',
}

interface Choice {
  readonly decision: Decision
  readonly verb: string
  readonly isMain?: boolean
  readonly confirm?: string
}

interface ApprovalCardProps {
  readonly approval: Approval
  /** Whether the server allows this viewer to decide approvals of the run now. */
  readonly mayDecide: boolean
  /** Whether to show the run: everywhere except on its own page. */
  readonly isNamed?: boolean
  /** Called after every answer of the server: the list may be stale. */
  readonly onAnswer: () => void
}

/** An approval: the question, what it is about, and the form for deciding it. */
export function ApprovalCard({ approval, mayDecide, isNamed = false, onAnswer }: ApprovalCardProps) {
  const { id, gate, kind, question, run, phase, attempt, payload, digest, status } = approval
  const { viewer } = useSession()
  const about = useAbout(approval)
  const [comment, setComment] = useState('')
  const [asked, setAsked] = useState<Choice>()
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const fields = answerFields(approval)
  const decide = useAction((pawl, decision: Decision) =>
    pawl.approvals.decide(id, {
      decision,
      digest,
      ...(comment.trim() && { comment: comment.trim() }),
      ...(decision === 'ANSWER' && { answer: toAnswer(fields, typed) }),
    }),
  )
  const act = async (decision: Decision) => {
    await decide.send(decision)
    onAnswer()
  }
  const isNamedIn = approval.approvers.length === 0 || approval.approvers.includes(viewer.name)
  const isOwn = approval.requestedBy === viewer.name && !approval.isSelfApprovalAllowed
  const isOpen = status === 'PENDING'
  return (
    <article className="approval" aria-label={question} data-approval={id} data-approval-status={status}>
      <header className="approval-head">
        <Badge word={APPROVAL[status]} />
        {isNamed && <Link to={`/runs/${run.id}`}>{run.title ?? run.id}</Link>}
        <span className="soft">
          gate {gate}
          {phase && `, phase ${phase.key}`}
          {attempt !== null && attempt > 1 && `, attempt ${attempt}`}, asked by {approval.requestedBy}{' '}
          <Ago at={approval.requestedAt} />
        </span>
        {isOpen && approval.expiresAt && <Expiry at={approval.expiresAt} policy={approval.onExpiry} />}
      </header>
      <h2 className="approval-question">{question}</h2>
      {approval.permission && <PermissionLine permission={approval.permission} />}
      {payload !== null && (
        <details open>
          <summary>What is shown with the question</summary>
          <JsonTree value={payload} depth={2} />
        </details>
      )}
      {about && (
        <details open={isOpen} className="approval-about">
          <summary>
            {kind === 'REVIEW' ? 'What is being approved' : 'What there is'}:{' '}
            <span className="mono">{about.path}</span>
          </summary>
          <ArtifactView artifact={about} />
        </details>
      )}
      <p className="soft digest">
        A decision is about this digest and no other: <code>{digest}</code>{' '}
        <CopyButton text={digest} what="the digest" />
      </p>
      {!isOpen && approval.decidedBy && (
        <p>
          {APPROVAL[status].label} by {approval.decidedBy}
          {approval.decidedAt && (
            <>
              {' '}
              <Ago at={approval.decidedAt} />
            </>
          )}
          {approval.comment && `: “${approval.comment}”`}
        </p>
      )}
      {approval.answer !== null && <JsonTree value={approval.answer} depth={2} />}
      <Problem problem={toProblem(decide.problem)} error={decide.error} />
      {isOpen && mayDecide && isNamedIn && !isOwn && (
        <form className="approval-form" onSubmit={(event) => event.preventDefault()}>
          <AnswerForm
            fields={fields}
            typed={typed}
            onType={(name, text) => setTyped((before) => ({ ...before, [name]: text }))}
          />
          <label className="field">
            {COMMENT[kind]}
            <textarea rows={2} value={comment} onChange={({ target }) => setComment(target.value)} />
          </label>
          <div className="actions-row">
            {CHOICES[kind]
              .filter(({ decision }) => approval.decisions.includes(decision))
              .map((choice) => (
                <button
                  key={choice.decision}
                  type="button"
                  className={choice.isMain ? 'button button-main' : 'button'}
                  disabled={decide.isPending}
                  onClick={() => (choice.confirm ? setAsked(choice) : void act(choice.decision))}
                >
                  {decide.isPending ? 'Asking the server …' : choice.verb}
                </button>
              ))}
          </div>
        </form>
      )}
      {isOpen && !(isNamedIn && !isOwn) && (
        <p className="soft">
          {isOwn ? 'Who asked may not decide.' : `To be decided by ${approval.approvers.join(', ')}.`}
        </p>
      )}
      {asked && (
        <Confirm
          title="Give this run up?"
          verb="Give it up"
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined)
            void act(asked.decision)
          }}
        >
          <p>{asked.confirm}</p>
        </Confirm>
      )}
    </article>
  )
}

/** What a permission is asked for, as Pawl knows it: the title above is the agent's own text. */
function PermissionLine({ permission }: { readonly permission: NonNullable<Approval['permission']> }) {
  const { kind, program, path } = permission
  return (
    <p data-permission={kind}>
      {PERMISSION[kind]} {program !== null && <code>{program}</code>} {path !== null && <code>{path}</code>}
    </p>
  )
}

const PERMISSION: Readonly<Record<NonNullable<Approval['permission']>['kind'], string>> = {
  EDIT: 'To change a file:',
  EXECUTE: 'To run a command:',
  FETCH: 'To read over the network:',
  MCP: 'To call a tool:',
  OTHER: 'To do something else:',
}

function Expiry({ at, policy }: { readonly at: string; readonly policy: Approval['onExpiry'] }) {
  const left = useClock((now) =>
    Date.parse(at) > now ? `expires in ${formatAge(Date.parse(at) - now)}` : 'has expired',
  )
  const then = {
    REJECT: 'then it counts as rejected',
    EXPIRE_RUN: 'then the run expires',
    WAIT: 'and can still be decided then',
    CONTINUE: 'then the agent is told that nobody answered',
  }
  return (
    <span className="soft" title={formatTime(at)}>
      {left}, {then[policy]}
    </span>
  )
}

/** The file that the approval is about: the last valid artifact of its attempt. */
function useAbout({ id, phase, attempt, digest }: Approval): ArtifactDetail | undefined {
  const { value } = useRunData(`approval ${id} ${digest}`, undefined, async (pawl, signal) => {
    if (!phase) return undefined
    const detail = await pawl.approvals.get(id, { signal })
    const files = detail?.phase?.artifacts.filter((file) => file.attempt === attempt && file.isValid) ?? []
    return files.at(-1)
  })
  return value as ArtifactDetail | undefined
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
