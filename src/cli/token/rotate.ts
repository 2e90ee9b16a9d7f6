import type { Command } from 'commander'
import { answerToken } from './answerToken.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, timeOption } from '../kit/options.ts'
import { findTokenId } from './findToken.ts'

interface Options extends CommonOptions {
  readonly expires?: number
  readonly revoke?: boolean
}

/** `pawl token rotate`: creates another token of the same principal; its secret is shown once. */
export function tokenRotateCommand(): Command {
  return createCommand(
    'rotate',
    'create another token of the same principal; its secret is shown only once',
    ['pawl token rotate tok_01k9…', 'PAWL_TOKEN=$(pawl token rotate tok_01k9… --revoke)'],
  )
    .argument('<token>', 'id of the old token, or the end of it; `pawl token list` shows it')
    .addOption(
      timeOption(
        '--expires <time>',
        'how long the new one is valid, like 12h or 30d (default: as long as the old one was)',
      ),
    )
    .option('--revoke', 'revoke the old one now and close every stream opened with it')
    .action(
      createAction<Options, [string]>(async (invocation, { expires, revoke }, id) => {
        const result = await invocation.pawl.tokens.rotate(await findTokenId(invocation, id), {
          expiresInSeconds: expires,
          oldToken: revoke ? 'REVOKE' : 'KEEP',
        })
        return answerToken(invocation, result)
      }),
    )
}
