import { PawlError, PawlProblem } from '../kit/errors.ts'

/** A member of a result union. */
interface Member {
  readonly __typename: string
}

/** The names of a result's success members. */
type SuccessName = `${string}Success`

/** The success member of a result. */
export type SuccessOf<Result extends Member> = Extract<Result, { readonly __typename: SuccessName }>

/** The refusals of a result. */
export type ProblemOf<Result extends Member> = Exclude<Result, { readonly __typename: SuccessName }>

/** Whether the result is its success member; narrows both ways. */
export function isSuccess<Result extends Member>(result: Result): result is SuccessOf<Result> {
  return result.__typename.endsWith('Success')
}

/**
 * Returns the success of a result.
 *
 * @throws PawlProblem holding the refusal, with the server's message.
 */
export function unwrap<Result extends Member>(result: Result): SuccessOf<Result> {
  if (isSuccess(result)) return result
  throw new PawlProblem({ message: `The server answered ${result.__typename}`, ...result })
}

/** One function for each member of a result. */
type EveryHandler<Result extends Member> = {
  readonly [Name in Result['__typename']]: (member: Extract<Result, { readonly __typename: Name }>) => unknown
}

/** Functions for members, and `_` for all that have none, including those of newer servers. */
type Handlers<Result extends Member> = Partial<EveryHandler<Result>> & {
  readonly _?: (member: Result) => unknown
}

/** The names of the members without a handler: none where there is a `_`. */
type Missing<Result extends Member, Given> = '_' extends keyof Given
  ? never
  : Exclude<Result['__typename'], keyof Given>

/** Requires the missing handlers, so that the compiler names them, and rejects names of no member, which are typos. */
type Complete<Result extends Member, Given> = Pick<EveryHandler<Result>, Missing<Result, Given>> & {
  readonly [Name in Exclude<keyof Given, Result['__typename'] | '_'>]: never
}

/**
 * Calls the handler named like the result's type, and returns what it returns. Without a default branch `_` every type
 * must have a handler, otherwise the call does not compile.
 *
 * @throws PawlError if a newer server answers with a type that has no handler, and there is no `_`.
 */
export function match<Result extends Member, const Given extends Handlers<Result>>(
  result: Result,
  handlers: Given & Complete<Result, Given>,
): {
  // Written out here, so that editors show what it comes to and not its name.
  [Name in keyof Given]: Given[Name] extends (...args: never[]) => infer A ? A : never
}[keyof Given] {
  const name = Object.hasOwn(handlers, result.__typename) ? result.__typename : '_'
  const handler = (handlers as Record<string, unknown>)[name] as ((member: Result) => never) | undefined
  if (handler) return handler(result)
  throw new PawlError(`No handler for ${result.__typename}, and no default branch "_"`)
}
