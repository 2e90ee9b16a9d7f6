import type { Lease, Run } from '@pawl/sdk'
import type { AnyProblem } from './exitCodes.ts'
import { safeText } from '../terminal/width.ts'

type Details = {
  readonly [Name in AnyProblem['__typename']]?: (
    problem: Extract<AnyProblem, { readonly __typename: Name }>,
  ) => readonly string[]
}

const list = (words: readonly string[]) => words.map(safeText).join(', ') || 'none'
const describeHolder = (run: Run) =>
  `it is ${run.status}${run.lease?.isLive ? `, owned by ${safeText(run.lease.owner)}` : ''}`
const heldBy = (lease: (Lease & { readonly isMine: boolean }) | null) =>
  lease?.isLive
    ? [
        `held by ${safeText(lease.owner)}${lease.isMine ? ', by your own claim' : ''}${lease.expiresAt ? `, until ${lease.expiresAt}` : ''}`,
      ]
    : []

/** Details of a refusal besides its message, and what to do about it; one line each. */
const DETAILS: Details = {
  AmbiguousRun: ({ candidates }) => [
    ...candidates.map((run) => `${run.id}  ${run.status}  ${safeText(run.title ?? run.workflow.name)}`),
    'name one of them, or set PAWL_RUN_ID',
  ],
  NoActiveRun: () => ['start one with: pawl run start WORKFLOW', 'see them all with: pawl run list'],
  InvalidInput: ({ issues }) =>
    issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${safeText(message)}`),
  IllegalTransition: ({ allowed }) => (allowed.length > 0 ? [`allowed next: ${list(allowed)}`] : []),
  UnknownPhase: ({ known }) => [`phases of this workflow: ${list(known)}`],
  WorkflowNotFound: ({ known }) => [`workflows: ${list(known)}`],
  NotCompletable: ({ missing }) => missing.map(({ detail }) => `missing: ${safeText(detail)}`),
  IllegalSessionTransition: ({ allowedStatuses }) => [`allowed next: ${list(allowedStatuses)}`],
  PromptAlreadySent: ({ dedupKey }) => [`the prompt ${safeText(dedupKey)} was already sent`],
  TranscriptGap: ({ expectedSeq }) => [`continue with number ${expectedSeq}`],
  AlreadyDecided: ({ approval }) => [
    `it is ${approval.status}${approval.decidedBy ? `, by ${safeText(approval.decidedBy)}` : ''}`,
  ],
  ApprovalExpired: ({ approval }) => (approval.expiresAt ? [`it expired at ${approval.expiresAt}`] : []),
  WrongDecision: ({ allowed }) => [`allowed decisions: ${list(allowed)}`],
  StaleDigest: ({ approval }) => [
    'the digest is not that of the present question',
    `look at it with: pawl approval show ${approval.id}`,
  ],
  ConcurrencyConflict: ({ holder }) => [`held by ${holder.id}: ${describeHolder(holder)}`],
  NotClaimable: ({ lease, claimableAt }) => [
    ...heldBy(lease),
    ...(claimableAt ? [`it can be claimed at ${claimableAt}`] : []),
  ],
  NotResumable: ({ lease, continuedBy }) => [
    ...heldBy(lease),
    ...(continuedBy ? [`look at it with: pawl run show ${continuedBy.id}`] : []),
  ],
  NotDeletable: ({ lease, continuedBy }) => [
    ...heldBy(lease),
    ...(continuedBy ? [`delete that one first: pawl run delete ${continuedBy.id}`] : []),
  ],
  AlreadyContinued: ({ by }) =>
    by
      ? [
          `it is ${by.status}${by.lease?.isLive ? `, owned by ${safeText(by.lease.owner)}` : ''}`,
          by.isSettled
            ? `continue it with: pawl run start ${safeText(by.workflow.name)} --continues ${by.id}`
            : `look at it with: pawl run show ${by.id}`,
        ]
      : [],
  LeaseLost: ({ yourFence, currentFence }) => [
    yourFence === 0
      ? `this claim's fence is ${currentFence}: give it with --fence, or sign in with the claim's agent token`
      : `your fence is ${yourFence}, the run's is ${currentFence}`,
  ],
  RevisionConflict: ({ expected, actual }) => [`you expected revision ${expected}, it is ${actual}`],
  WorkspaceNotReady: ({ workspace }) => [`possible now: ${list(workspace.allowedOperations)}`],
  OperationFailed: ({ operation: { error, workspace } }) => [
    ...(error?.files ?? []).map(
      (file) => `${error?.code === 'CONFLICT' ? 'in conflict' : 'file'}: ${safeText(file)}`,
    ),
    ...(error?.hint ? [safeText(error.hint)] : []),
    ...(error?.code === 'UNMERGED_WORK'
      ? [`discard that work with: pawl workspace remove ${workspace.id} --force`]
      : []),
  ],
  OperationTimedOut: ({ operation: { status, workspace } }) =>
    status === 'STARTED'
      ? [`see the result with: pawl workspace show ${workspace.id}`]
      : ['nothing was done: try again when a worker is running'],
  IdempotencyMismatch: ({ differingPaths }) => [`differs from the first request in: ${list(differingPaths)}`],
  Forbidden: ({ requiredRole }) => (requiredRole ? [`a token of role ${requiredRole} is required`] : []),
}

/** Lines that explain a refusal below its message; none for a type that only a newer server knows. */
export function describeProblem(problem: { readonly __typename: string }): readonly string[] {
  if (!Object.hasOwn(DETAILS, problem.__typename)) return []
  const describe = DETAILS[problem.__typename as AnyProblem['__typename']] as
    | ((given: typeof problem) => readonly string[])
    | undefined
  return describe?.(problem) ?? []
}
