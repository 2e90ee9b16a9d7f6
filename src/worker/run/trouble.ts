import { PawlProblem } from '@pawl/sdk'
import { AgentError } from '../../adapters/kit/adapter.ts'
import type { ErrorClass } from '../../adapters/kit/adapter.ts'
import { WorkspaceError } from '../../workspaces/kit/workspaceError.ts'

/** Why a phase can't be completed, as recorded on the phase. */
export interface Trouble {
  readonly errorClass: ErrorClass
  /** Short and stable, as `AGENT_NOT_FOUND`. */
  readonly code: string
  readonly message: string
  /** What a person can do about it. */
  readonly hint: string
}

/**
 * Returns the trouble that an AgentError or a WorkspaceError describes; undefined for any other error, which is a
 * fault.
 */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof AgentError || error instanceof WorkspaceError)) return undefined
  const { errorClass, code, message, hint } = error
  return { errorClass, code, message, hint }
}

/** Thrown to fail the run. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError'
}

/** Thrown to release the run for another owner or a later time: nothing is wrong with the run. */
export class RunGivenBackError extends Error {
  override readonly name = 'RunGivenBackError'
}

/** Thrown to release the run until later: what it waits for can't be hurried. */
export class RunPutOffError extends Error {
  override readonly name = 'RunPutOffError'

  constructor(
    /** For how long nobody may claim it, in milliseconds. */
    readonly ms: number,
    /** What it waits for, as people are shown it. */
    readonly waitsFor: string,
  ) {
    super(waitsFor)
  }
}

/** Thrown when this owner no longer drives the run: it left RUNNING, or the claim is over. */
export class RunLeftError extends Error {
  override readonly name = 'RunLeftError'
}

/** Refusals that mean that this owner no longer drives the run. */
const LEFT: readonly string[] = ['RunNotActive', 'LeaseLost']

/** Whether an answer means that this owner no longer drives the run. */
export function isOwnershipLost(answer: { readonly __typename: string; readonly kind?: unknown }): boolean {
  const { __typename, kind } = answer
  return LEFT.includes(__typename) || (__typename === 'NotFound' && kind === 'RUN')
}

/** Whether an error is the server's refusal of this type. */
export function isRefusedAs(error: unknown, typename: string): boolean {
  return error instanceof PawlProblem && error.problem.__typename === typename
}
