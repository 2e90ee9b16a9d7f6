import type { ProblemType } from '../../commands/kit/answers.ts'
import { enumOf } from '../kit/builder.ts'

/** What each problem means: the description of its type, and of its code. */
export const PROBLEM_MEANINGS: { readonly [P in ProblemType]: string } = {
  NotFound: 'What the input names does not exist.',
  InvalidInput: 'A field of the input has a value that is not accepted; `issues` names each.',
  Forbidden: 'The token may not do this.',
  RunNotActive: 'The status of the run does not admit this.',
  RevisionConflict: 'The run changed after the given revision.',
  LeaseLost: 'Your claim does not hold the run. Stop your agent.',
  IdempotencyMismatch: 'The idempotency key was used with another input.',
  ConcurrencyConflict: 'Another run holds the concurrency key.',
  NotClaimable: 'Only a queued run that nobody holds can be claimed.',
  NothingToClaim: 'No queued run matches.',
  NotPausable: 'The status of the run does not admit a pause.',
  NotResumable: 'The run cannot be resumed now.',
  NotCompletable: 'The evidence for completing is missing.',
  NotDeletable: 'Only a settled run that nobody holds can be deleted.',
  StepRefused: 'One of several commands was refused; `refusal` says why.',
  AlreadyContinued: 'Another run already continues that one.',
  IllegalTransition: 'The phase cannot be entered from the present state.',
  UnknownPhase: 'The workflow has no such phase.',
  ExecutionAlreadyFinished: 'The end of the execution is already recorded.',
  WorkflowMismatch:
    'The version is registered with another definition, or the run to be continued executes another workflow.',
  AmbiguousRun: 'Several runs are active: name one.',
  NoActiveRun: 'No run matches: none is active, or the execution belongs to none.',
  IllegalSessionTransition: "The session's status does not admit this transition.",
  PromptAlreadySent: 'The prompt was already sent to the session.',
  TranscriptGap: 'Entries before these are missing.',
  AlreadyDecided: 'The approval was already decided; a decision is final.',
  ApprovalExpired: 'The approval expired before it was decided.',
  WrongDecision: 'The decision does not fit the kind of the approval.',
  StaleDigest: 'The digest is not the one of the present question.',
  WorkspaceTaken: 'The directory is already recorded, with other properties.',
  WorkspaceNotReady: 'The operation is not possible for the workspace now.',
  OperationNotStartable: 'The operation has ended, or a worker is performing it.',
  OperationNotFinishable: 'The operation has ended, or was started again by another worker.',
}

/** The code of a problem: the name of its type in capitals. */
export function codeOf(type: ProblemType): string {
  return type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

const CODES = Object.entries(PROBLEM_MEANINGS).map(
  ([type, meaning]) => [codeOf(type as ProblemType), meaning] as const,
)

export const ProblemCode = enumOf(
  'ProblemCode',
  CODES.map(([code]) => code),
  'Which problem it is: the name of its type, for programs that do not ask for types. Values may be added.',
  Object.fromEntries(CODES),
)
