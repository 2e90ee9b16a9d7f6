import { PawlAuthError, PawlFault, PawlProblem } from '@pawl/sdk'
import type { AnyProblem } from '../../advice/problems.ts'

/** Exit codes. */
export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  ambiguousRun: 3,
  notFound: 4,
  illegalTransition: 5,
  evidenceMissing: 6,
  invalid: 7,
  lostRace: 8,
  notAllowed: 9,
} as const

/** One of the codes of `EXIT`. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

type CodeOf<Problem> = ExitCode | ((problem: Problem) => ExitCode)

/** The exit code of each refusal. Leaving one out does not compile. */
const CODE_OF: {
  readonly [Name in AnyProblem['__typename']]: CodeOf<Extract<AnyProblem, { readonly __typename: Name }>>
} = {
  AmbiguousRun: EXIT.ambiguousRun,
  NoActiveRun: EXIT.notFound,
  NothingToClaim: EXIT.notFound,
  NotFound: EXIT.notFound,
  UnknownPhase: EXIT.notFound,
  IllegalTransition: EXIT.illegalTransition,
  IllegalSessionTransition: EXIT.illegalTransition,
  // A run that is not RUNNING can't be completed, whatever evidence it has.
  NotCompletable: ({ status }) => (status === 'RUNNING' ? EXIT.evidenceMissing : EXIT.lostRace),
  InvalidInput: EXIT.invalid,
  IdempotencyMismatch: EXIT.invalid,
  WorkflowMismatch: EXIT.invalid,
  WrongDecision: EXIT.invalid,
  ConcurrencyConflict: EXIT.lostRace,
  AlreadyContinued: EXIT.lostRace,
  ExecutionAlreadyFinished: EXIT.lostRace,
  LeaseLost: EXIT.lostRace,
  NotClaimable: EXIT.lostRace,
  NotDeletable: EXIT.lostRace,
  NotPausable: EXIT.lostRace,
  NotResumable: EXIT.lostRace,
  RevisionConflict: EXIT.lostRace,
  RunNotActive: EXIT.lostRace,
  AlreadyDecided: EXIT.lostRace,
  ApprovalExpired: EXIT.lostRace,
  StaleDigest: EXIT.lostRace,
  PromptAlreadySent: EXIT.lostRace,
  TranscriptGap: EXIT.lostRace,
  WorkspaceNotReady: EXIT.lostRace,
  WorkspaceTaken: EXIT.lostRace,
  OperationNotStartable: EXIT.lostRace,
  OperationNotFinishable: EXIT.lostRace,
  OperationFailed: EXIT.lostRace,
  OperationTimedOut: EXIT.fault,
  Forbidden: EXIT.notAllowed,
}

/** The exit code of a refusal; 1 for a type that only a newer server knows. */
export function exitCodeOfProblem(problem: { readonly __typename: string }): ExitCode {
  if (!Object.hasOwn(CODE_OF, problem.__typename)) return EXIT.fault
  const code = CODE_OF[problem.__typename as AnyProblem['__typename']] as CodeOf<typeof problem>
  return typeof code === 'function' ? code(problem) : code
}

/** A mistake on the command line, in what the command reads, or in its surroundings. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly exitCode: ExitCode
  /** The name it is reported under. */
  readonly title: string

  constructor(
    message: string,
    exitCode: ExitCode = EXIT.usage,
    title = exitCode === EXIT.invalid ? 'InvalidInput' : 'Usage',
  ) {
    super(message)
    this.exitCode = exitCode
    this.title = title
  }
}

const FAULT_CODES: Readonly<Record<string, ExitCode>> = {
  RUN_NOT_FOUND: EXIT.notFound,
  SESSION_NOT_FOUND: EXIT.notFound,
  WORKSPACE_NOT_FOUND: EXIT.notFound,
  FORBIDDEN: EXIT.notAllowed,
}

/** The exit code for an error that a command threw. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof UsageError) return error.exitCode
  if (error instanceof PawlProblem) return exitCodeOfProblem(error.problem)
  if (error instanceof PawlAuthError) return EXIT.notAllowed
  if (error instanceof PawlFault) return FAULT_CODES[error.code] ?? EXIT.fault
  return EXIT.fault
}
