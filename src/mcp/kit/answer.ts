import { isSuccess } from '@pawl/sdk'
import type { SuccessOf } from '@pawl/sdk'

/** What a tool answers: a sentence for the model, and the result for programs; or the server's refusal. */
export type Answer<Result = unknown> =
  | {
      readonly say: string
      readonly result: Result
      /** The call was kept, but did not do what it is for: an invalid file. */
      readonly isInsufficient?: boolean
    }
  | { readonly problem: Problem }

/** A refusal as the server sent it. */
export interface Problem {
  readonly __typename: string
  readonly message?: string
  readonly [field: string]: unknown
}

/** The answer for a result of the server: a success by `tell`, a refusal as it is. */
export function answerResult<Result extends { readonly __typename: string }, Told>(
  result: Result,
  tell: (success: SuccessOf<Result>) => Answer<Told>,
): Answer<Told> {
  return isSuccess(result) ? tell(result) : { problem: result }
}
