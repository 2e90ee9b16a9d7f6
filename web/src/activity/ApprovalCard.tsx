import type { Approval } from '@pawl/sdk'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { JsonTree } from '../elements/JsonTree.tsx'
import { formatAge, formatTime } from '../elements/time.ts'
import { useClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import { useSession } from '../account/session.ts'
import { APPROVAL, PERMISSION } from './approvalWords.ts'
import { ArtifactView } from './ArtifactView.tsx'
import { DecisionForm } from './DecisionForm.tsx'
import type { Bulk } from './DecisionForm.tsx'
import { DiffSummary } from './DiffSummary.tsx'
import { useCommenting } from './useCommenting.ts'
import { useShown } from './useShown.ts'

interface ApprovalCardProps {
  readonly approval: Approval
  /** Whether the server allows this viewer to decide approvals of the run now. */
  readonly mayDecide: boolean
  /** Whether to show the run: everywhere except on its own page. */
  readonly isNamed?: boolean
  /** Other questions that may be decided together with this one. */
  readonly bulk?: Bulk | undefined
  /** Called after every answer of the server, with whether the decision was taken: the list may be stale. */
  readonly onAnswer: (isDecided: boolean) => void
}

/** An approval: the question, what it is about, and the form for deciding it. */
export function ApprovalCard({ approval, mayDecide, isNamed = false, bulk, onAnswer }: ApprovalCardProps) {
  const { id, gate, kind, question, run, phase, attempt, payload, digest, tree, status } = approval
  const { viewer } = useSession()
  const shown = useShown(approval, mayDecide)
  const commenting = useCommenting()
  const isNamedIn = approval.approvers.length === 0 || approval.approvers.includes(viewer.name)
  const isOwn = approval.requestedBy === viewer.name && !approval.isSelfApprovalAllowed
  const isOpen = status === 'PENDING'
  const canDecide = isOpen && mayDecide && isNamedIn && !isOwn
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
      {shown.file && (
        <details open={isOpen} className="approval-about">
          <summary>
            {kind === 'REVIEW' ? 'What is being approved' : 'What there is'}:{' '}
            <span className="mono">{shown.file.path}</span>
          </summary>
          <ArtifactView artifact={shown.file} content={shown.content} />
        </details>
      )}
      {shown.diff && (
        <details open className="approval-about">
          <summary>What the run has changed</summary>
          <DiffSummary diff={shown.diff} scope={run.id} commenting={canDecide ? commenting : undefined} />
        </details>
      )}
      <p className="soft digest">
        A decision is about this digest and no other: <code>{digest}</code>{' '}
        <CopyButton text={digest} what="the digest" />
        {tree !== null && (
          <>
            {' '}
            It covers the worktree as it was when this was asked, tree <code>{tree}</code>
          </>
        )}
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
      {canDecide && (
        <DecisionForm
          approval={approval}
          shown={shown}
          comments={commenting.comments}
          bulk={bulk}
          onAnswer={onAnswer}
        />
      )}
      {isOpen && !(isNamedIn && !isOwn) && (
        <p className="soft">
          {isOwn ? 'Who asked may not decide.' : `To be decided by ${approval.approvers.join(', ')}.`}
        </p>
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
