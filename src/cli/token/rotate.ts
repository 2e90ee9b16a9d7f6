import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, parseSeconds } from '../kit/options.ts'

interface Options extends CommonOptions {
  readonly expires?: number
  readonly revoke?: boolean
}

/** `pawl token rotate`: one more token of the same principal; its secret is shown once. */
export function tokenRotateCommand(): Command {
  return createCommand('rotate', 'make another token of the same principal; its secret is shown once', [
    'pawl token rotate tok_01k9…',
    'PAWL_TOKEN=$(pawl token rotate tok_01k9… --revoke)',
  ])
    .argument('<token>', 'id of the old token; `pawl token list` shows it')
    .option(
      '--expires <time>',
      'how long the new one is valid, as 12h or 30d (default: as long as the old one was)',
      parseSeconds,
    )
    .option('--revoke', 'end the old one at once, and every stream opened with it')
    .action(
      createAction<Options, [string]>(async (invocation, { expires, revoke }, id) => {
        const result = await invocation.pawl.tokens.rotate(id, { expiresInSeconds: expires, revoke })
        return invocation.answerResult(result, ({ token, secret }, printer) => {
          invocation.note(`${token.id}: ${token.role} for ${token.name}; this is shown once:`)
          printer.line(secret)
        })
      }),
    )
}
