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

/** Functions for some members, and `_` for all others, including those of newer servers. */
type SomeHandlers<Result extends Member> = Partial<EveryHandler<Result>> & {
  readonly _: (member: Result) => unknown
}

type HandlersOf<Result extends Member> = EveryHandler<Result> | SomeHandlers<Result>

/** Rejects handlers whose name matches no member, which are typos. */
type NoOthers<Result extends Member, Handlers> = {
  readonly [Name in Exclude<keyof Handlers, Result['__typename'] | '_'>]: never
}

type Answer<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends (...args: never[]) => infer A ? A : never
}[keyof Handlers]

/**
 * Calls the handler named like the result's type, and returns what it returns. Without a default branch `_` every type
 * must have a handler, otherwise the call does not compile.
 *
 * @throws PawlError if a newer server answers with a type that has no handler, and there is no `_`.
 */
export function match<Result extends Member, const Handlers extends HandlersOf<Result>>(
  result: Result,
  handlers: Handlers & NoOthers<Result, Handlers>,
): Answer<Handlers> {
  const name = Object.hasOwn(handlers, result.__typename) ? result.__typename : '_'
  const handler = (handlers as Record<string, ((member: Result) => Answer<Handlers>) | undefined>)[name]
  if (handler) return handler(result)
  throw new PawlError(`No handler for ${result.__typename}, and no default branch "_"`)
}
