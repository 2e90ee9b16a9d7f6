import { parseArgs } from 'node:util'
import { PINNED } from './release.ts'

/** What is asked for on the command line. */
export interface Choice {
  /** The commit that is upgraded from. */
  readonly from: string
  /** Whether logs are kept. */
  readonly keeps: boolean
}

export const USAGE = `npm run test:upgrade -- [--from COMMIT] [--keep]

  --from    the commit that is upgraded from (${PINNED.slice(0, 7)}); its build is kept in the folder for caches
  --keep    leaves the logs, and says where`

/** Null where help is wanted. @throws Error where a word is no option */
export function choose(words: readonly string[]): Choice | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      help: { type: 'boolean', default: false },
      from: { type: 'string', default: PINNED },
      keep: { type: 'boolean', default: false },
    },
  })
  return values.help ? null : { from: values.from, keeps: values.keep }
}
