import type { Refused } from '../../src/lifecycle/run/result.ts'
import type { Problem } from '../../src/commands/kit/answers.ts'
import type { TokenCreated } from '../../src/commands/account/tokens.ts'

/** The token and its secret, of an answer that made one; throws if it is a refusal, or repeats an earlier answer. */
export function issued(answer: TokenCreated | Refused<Problem>): TokenCreated & { readonly secret: string } {
  if (!answer.ok) throw new Error(answer.problem.message)
  return { ...answer, secret: secretOf(answer) }
}

/** The secret of a success that made a token; throws if the success repeats an earlier answer. */
export function secretOf({ secret }: { readonly secret: string | null }): string {
  if (secret === null) throw new Error('the answer repeats an earlier one, and has no secret')
  return secret
}
