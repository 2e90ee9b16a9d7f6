import type { Command } from 'commander'
import { askSignInLink } from './kit/askSignInLink.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { openBrowser } from './kit/openBrowser.ts'
import { createCommand } from './kit/options.ts'

interface Options extends CommonOptions {
  readonly print?: boolean
}

/** `pawl open`: opens the dashboard in a browser that is signed in by a new link. */
export function openCommand(): Command {
  return createCommand('open', 'open the dashboard, signed in by a new link that works once', [
    'pawl open',
    'pawl open --print   # only print the link, for a browser elsewhere',
  ])
    .option('--print', 'print the link, and open nothing (always so where the output is no terminal)')
    .action(
      createAction<Options>(async (invocation, { print }) => {
        const { out, env } = invocation
        const link = await askSignInLink(invocation.findServer())
        const isOpened = !print && !invocation.isJson && out.isTerminal && openBrowser(link.url, env)
        return invocation.answer(link, (printer) => {
          printer.line(link.url)
          const minutes = Math.round(link.expiresInSeconds / 60)
          invocation.note(
            isOpened
              ? `opened in your browser; the link works once, for ${minutes} minutes`
              : `open it in a browser: it works once, for ${minutes} minutes`,
          )
        })
      }),
    )
}
