import type { Lease, Run } from '@pawl/sdk'
import type { AnyProblem } from './problems.ts'
import type { NameStep, Step } from './step.ts'

/** A line: text as it is, or what leads to a step that is named where there are means for it. */
type Line = string | readonly [lead: string, step: Step]

type Details = {
  readonly [Name in AnyProblem['__typename']]?: (
    problem: Extract<AnyProblem, { readonly __typename: Name }>,
  ) => readonly Line[]
}

const look = ({ id }: { readonly id: string }): Line => ['look at it with: ', { do: 'showRun', runId: id }]
const list = (words: readonly string[]) => words.join(', ') || 'none'
const describeHolder = (run: Run) =>
  `it is ${run.status}${run.lease?.isLive ? `, owned by ${run.lease.owner}` : ''}`
const describeLease = (lease: (Lease & { readonly isMine: boolean }) | null) =>
  lease?.isLive
    ? [
        `held by ${lease.owner}${lease.isMine ? ', by your own claim' : ''}${lease.expiresAt ? `, until ${lease.expiresAt}` : ''}`,
      ]
    : []

/** Details of a refusal besides its message, and what to do about it; one line each. */
const DETAILS: Details = {
  AmbiguousRun: ({ candidates }) => [
    ...candidates.map((run) => `${run.id}  ${run.status}  ${run.title ?? run.workflow.name}`),
    ['', { do: 'nameRun' }],
  ],
  NoActiveRun: () => [
    ['start one with: ', { do: 'startRun', workflow: null, continuesRunId: null }],
    ['see them all with: ', { do: 'listRuns' }],
  ],
  InvalidInput: ({ issues }) => issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`),
  IllegalTransition: ({ allowedPhases }) =>
    allowedPhases.length > 0 ? [`allowed next: ${list(allowedPhases)}`] : [],
  UnknownPhase: ({ known }) => [`phases of this workflow: ${list(known)}`],
  NotCompletable: ({ missing }) => missing.map(({ detail }) => `missing: ${detail}`),
  IllegalSessionTransition: ({ allowedStatuses }) => [`allowed next: ${list(allowedStatuses)}`],
  PromptAlreadySent: ({ dedupKey }) => [`the prompt ${dedupKey} was already sent`],
  TranscriptGap: ({ expectedSeq }) => [`continue with number ${expectedSeq}`],
  AlreadyDecided: ({ approval }) => [
    `it is ${approval.status}${approval.decidedBy ? `, by ${approval.decidedBy}` : ''}`,
  ],
  ApprovalExpired: ({ approval }) => (approval.expiresAt ? [`it expired at ${approval.expiresAt}`] : []),
  WrongDecision: ({ allowedDecisions }) => [`allowed decisions: ${list(allowedDecisions)}`],
  StaleDigest: ({ approval }) => [
    'the digest is not that of the present question',
    ['look at it with: ', { do: 'showApproval', approvalId: approval.id }],
  ],
  ConcurrencyConflict: ({ holder }) => [`held by ${holder.id}: ${describeHolder(holder)}`],
  NotClaimable: ({ heldBy, claimableAt }) => [
    ...describeLease(heldBy),
    ...(claimableAt ? [`it can be claimed at ${claimableAt}`] : []),
  ],
  NotResumable: ({ heldBy, continuedBy }) => [
    ...describeLease(heldBy),
    ...(continuedBy ? [look(continuedBy)] : []),
  ],
  NotDeletable: ({ heldBy, continuedBy }) => [
    ...describeLease(heldBy),
    ...(continuedBy
      ? [['delete that one first: ', { do: 'deleteRun', runId: continuedBy.id }] as const]
      : []),
  ],
  AlreadyContinued: ({ by }) =>
    by
      ? [
          `it is ${by.status}${by.lease?.isLive ? `, owned by ${by.lease.owner}` : ''}`,
          by.isSettled
            ? ([
                'continue it with: ',
                { do: 'startRun', workflow: by.workflow.name, continuesRunId: by.id },
              ] as const)
            : look(by),
        ]
      : [],
  LeaseLost: ({ yourFence, currentFence }) => [
    yourFence === 0
      ? [`this claim's fence is ${currentFence}: `, { do: 'giveFence' }]
      : `your fence is ${yourFence}, the run's is ${currentFence}`,
  ],
  RevisionConflict: ({ expected, actual }) => [`you expected revision ${expected}, it is ${actual}`],
  WorkspaceNotReady: ({ workspace }) => [`possible now: ${list(workspace.allowedOperations)}`],
  OperationFailed: ({ operation: { error, workspace } }) => [
    ...(error?.files ?? []).map((file) => `${error?.code === 'CONFLICT' ? 'in conflict' : 'file'}: ${file}`),
    ...(error?.hint ? [error.hint] : []),
    ...(error?.code === 'UNMERGED_WORK'
      ? [['discard that work with: ', { do: 'discardWorkspace', workspaceId: workspace.id }] as const]
      : []),
  ],
  OperationTimedOut: ({ operation: { status, workspace } }) =>
    status === 'STARTED'
      ? [['see the result with: ', { do: 'showWorkspace', workspaceId: workspace.id }]]
      : ['nothing was done: try again when a worker is running'],
  IdempotencyMismatch: ({ differingPaths }) => [`differs from the first request in: ${list(differingPaths)}`],
  Forbidden: ({ requiredRole }) => (requiredRole ? [`a token of role ${requiredRole} is required`] : []),
}

/** Lines that explain a refusal beside its message; none for a type that only a newer server knows. */
export function explainRefusal(problem: { readonly __typename: string }, name: NameStep): readonly string[] {
  if (!Object.hasOwn(DETAILS, problem.__typename)) return []
  const explain = DETAILS[problem.__typename as AnyProblem['__typename']] as
    | ((given: typeof problem) => readonly Line[])
    | undefined
  return (explain?.(problem) ?? []).flatMap((line) => {
    if (typeof line === 'string') return [line]
    const [lead, step] = line
    const named = name(step)
    return named === null ? [] : [`${lead}${named}`]
  })
}
