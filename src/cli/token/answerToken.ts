import type { CreateTokenResult, RotateTokenResult } from '@pawl/sdk'
import { EXIT, type ExitCode } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'

/** Prints the secret of a token that was made, for a script; what else is told goes to standard error. */
export function answerToken(invocation: Invocation, result: CreateTokenResult | RotateTokenResult): ExitCode {
  let isLost = false
  const code = invocation.answerResult(result, ({ token, secret }, printer) => {
    const made = `${invocation.err.ids(token.id)}: ${token.role} for ${token.name}`
    isLost = secret === null
    invocation.note(
      isLost
        ? `${made}; the answer with its secret was lost: pawl token rotate ${invocation.err.ids(token.id)} --revoke`
        : `${made}; its secret, shown only once:`,
    )
    if (secret !== null) printer.line(secret)
  })
  return isLost ? EXIT.fault : code
}
