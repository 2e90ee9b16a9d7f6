import type { Token } from '@pawl/sdk'
import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** `pawl token list`: every token, without its secret. */
export function tokenListCommand(): Command {
  return createCommand('list', 'list tokens, without their secrets', ['pawl token list']).action(
    createAction<CommonOptions>(async (invocation) => {
      const tokens: Token[] = []
      for await (const token of invocation.pawl.tokens.all()) tokens.push(token)
      return invocation.answer(tokens, (printer) => {
        const rows = tokens.map(({ id, principalId, name, role, projects, expiresAt, lastUsedAt }) => [
          printer.ids(id),
          printer.ids(principalId),
          safeText(name),
          role,
          projects.map(safeText).join(', ') || 'all',
          expiresAt === null ? 'never' : formatTime(expiresAt),
          lastUsedAt === null ? 'never' : formatTime(lastUsedAt),
        ])
        printTable(printer, ['TOKEN', 'PRINCIPAL', 'NAME', 'ROLE', 'PROJECTS', 'EXPIRES', 'LAST USED'], rows)
      })
    }),
  )
}
