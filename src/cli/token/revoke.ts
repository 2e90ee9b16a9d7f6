import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { findTokenId } from './findToken.ts'

/** `pawl token revoke`: revokes a token and closes every stream opened with it. */
export function tokenRevokeCommand(): Command {
  return createCommand('revoke', 'revoke a token and close every stream opened with it', [
    'pawl token revoke tok_01k9…',
  ])
    .argument('<token>', 'id of the token, or the end of it; `pawl token list` shows it')
    .action(
      createAction<CommonOptions, [string]>(async (invocation, _options, id) => {
        const result = await invocation.pawl.tokens.revoke(await findTokenId(invocation, id))
        return invocation.answerResult(result, ({ tokenId }, printer) =>
          printer.line(`revoked ${printer.ids(tokenId)}`),
        )
      }),
    )
}
