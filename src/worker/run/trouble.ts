import { PawlProblem } from '@pawl/sdk'
import { AgentError } from '../../adapters/kit/adapter.ts'
import type { ErrorClass } from '../../adapters/kit/adapter.ts'
import { WorkspaceError } from '../../workspaces/kit/workspaceError.ts'

/** What keeps a phase from being done, as it is kept on the phase. */
export interface Trouble {
  readonly errorClass: ErrorClass
  /** Short and stable, as `AGENT_NOT_FOUND`. */
  readonly code: string
  readonly message: string
  /** What a person can do about it. */
  readonly hint: string
}

/** The trouble that an error tells of; undefined for a fault. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof AgentError || error instanceof WorkspaceError)) return undefined
  const { errorClass, code, message, hint } = error
  return { errorClass, code, message, hint }
}

/** The run failed for good, by this worker's word. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError'
}

/** The run is to be given back for another owner, or a later time: nothing is wrong with it. */
export class RunGivenBackError extends Error {
  override readonly name = 'RunGivenBackError'
}

/** The run is not this owner's to drive any more: it left RUNNING, or the claim is over. */
export class RunLeftError extends Error {
  override readonly name = 'RunLeftError'
}

/** Refusals that say that the run is not this owner's to drive any more. */
const LEFT: readonly string[] = ['RunNotActive', 'LeaseLost', 'RunNotFound']

/** Whether an answer says that the run is not this owner's to drive any more. */
export function isOwnershipLost({ __typename }: { readonly __typename: string }): boolean {
  return LEFT.includes(__typename)
}

/** Whether the server refused for this reason. */
export function isRefusedAs(error: unknown, typename: string): boolean {
  return error instanceof PawlProblem && error.problem.__typename === typename
}
