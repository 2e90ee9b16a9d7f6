import type { Lease, Run } from '@pawl/sdk'
import type { AnyProblem } from './exitCodes.ts'
import { plain } from '../terminal/width.ts'

type Details = {
  readonly [Name in AnyProblem['__typename']]?: (
    problem: Extract<AnyProblem, { readonly __typename: Name }>,
  ) => readonly string[]
}

const list = (words: readonly string[]) => words.map(plain).join(', ') || 'none'
const describeHolder = (run: Run) =>
  `it is ${run.status}${run.lease?.isLive ? `, owned by ${plain(run.lease.owner)}` : ''}`
const heldBy = (lease: (Lease & { readonly isMine: boolean }) | null) =>
  lease?.isLive
    ? [
        `held by ${plain(lease.owner)}${lease.isMine ? ', by a claim of your own' : ''}${lease.expiresAt ? `, until ${lease.expiresAt}` : ''}`,
      ]
    : []

/** What a refusal carries beside its sentence, and what to do about it; one line each. */
const DETAILS: Details = {
  AmbiguousRun: ({ candidates }) => [
    ...candidates.map((run) => `${run.id}  ${run.status}  ${plain(run.title ?? run.workflow.name)}`),
    'name one of them, or set PAWL_RUN_ID',
  ],
  NoActiveRun: () => ['start one with: pawl run start WORKFLOW', 'see them all with: pawl run list'],
  InvalidInput: ({ issues }) =>
    issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${plain(message)}`),
  IllegalTransition: ({ allowed }) => (allowed.length > 0 ? [`may follow: ${list(allowed)}`] : []),
  UnknownPhase: ({ known }) => [`phases of this workflow: ${list(known)}`],
  WorkflowNotFound: ({ known }) => [`workflows: ${list(known)}`],
  NotCompletable: ({ missing }) => missing.map(({ detail }) => `missing: ${plain(detail)}`),
  IllegalSessionTransition: ({ allowedStatuses }) => [`may follow: ${list(allowedStatuses)}`],
  PromptAlreadySent: ({ dedupKey }) => [`the prompt ${plain(dedupKey)} was sent already`],
  TranscriptGap: ({ expectedSeq }) => [`go on with number ${expectedSeq}`],
  AlreadyDecided: ({ approval }) => [
    `it is ${approval.status}${approval.decidedBy ? `, by ${plain(approval.decidedBy)}` : ''}`,
  ],
  ApprovalExpired: ({ approval }) => (approval.expiresAt ? [`its time ended at ${approval.expiresAt}`] : []),
  WrongDecision: ({ allowed }) => [`may be answered with: ${list(allowed)}`],
  StaleDigest: ({ approval }) => [
    'you decided about something else than what is asked now',
    `look at it with: pawl approval show ${approval.id}`,
  ],
  ConcurrencyConflict: ({ holder }) => [`held by ${holder.id}: ${describeHolder(holder)}`],
  NotClaimable: ({ lease, claimableAt }) => [
    ...heldBy(lease),
    ...(claimableAt ? [`it may be claimed at ${claimableAt}`] : []),
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
          `it is ${by.status}${by.lease?.isLive ? `, owned by ${plain(by.lease.owner)}` : ''}`,
          by.isSettled
            ? `go on from it with: pawl run start ${plain(by.workflow.name)} --continues ${by.id}`
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
      (file) => `${error?.code === 'CONFLICT' ? 'in conflict' : 'file'}: ${plain(file)}`,
    ),
    ...(error?.hint ? [plain(error.hint)] : []),
    ...(error?.code === 'UNMERGED_WORK'
      ? [`lose that work with: pawl workspace remove ${workspace.id} --force`]
      : []),
  ],
  OperationTimedOut: ({ operation: { status, workspace } }) =>
    status === 'STARTED'
      ? [`see what became of it with: pawl workspace show ${workspace.id}`]
      : ['nothing was done, and nothing will be: ask again when a worker is there'],
  IdempotencyMismatch: ({ differingPaths }) => [`differs from the first time in: ${list(differingPaths)}`],
  Forbidden: ({ requiredRole }) => (requiredRole ? [`this takes a token of role ${requiredRole}`] : []),
}

/** The lines that explain a refusal below its own sentence; none for one that only a newer server knows. */
export function describeProblem(problem: { readonly __typename: string }): readonly string[] {
  if (!Object.hasOwn(DETAILS, problem.__typename)) return []
  const describe = DETAILS[problem.__typename as AnyProblem['__typename']] as
    | ((given: typeof problem) => readonly string[])
    | undefined
  return describe?.(problem) ?? []
}
