/** The command was refused; none of it was written. */
export interface Refused<Problem> {
  readonly ok: false
  readonly problem: Problem
}

/**
 * The result of a command, of one shape from its decision to its resolver: the success, or the problem. Use cases add
 * the message and the current run to the problem of a decision.
 */
export type Result<Success extends { readonly ok: true }, Problem> = Success | Refused<Problem>
