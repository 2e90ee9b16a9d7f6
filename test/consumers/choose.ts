import { parseArgs } from 'node:util'
import type { Row } from './row.ts'

/** What is asked for on the command line. */
export interface Choice {
  readonly rows: readonly Row[]
  /** How many rows are played at a time: each waits for the network and for processes most of the time. */
  readonly jobs: number
  /** A folder with packed packages; undefined where they are to be built and packed. */
  readonly packages: string | undefined
  /** How long all of it may take, in milliseconds. */
  readonly limit: number
}

/** When the short form is given up, in milliseconds: on two cores that have nothing else to do it takes less than half of that. */
const SHORT_MS = 15 * 60_000

const DEFAULT_JOBS = 2

/** What `--help` prints. */
export function composeUsage(rows: readonly Row[]): string {
  return `npm run test:consumers -- [--ci] [--only ROW]… [--jobs N] [--packages FOLDER] [ROW…]

  --ci        the short form: the rows marked with *, given up after ${SHORT_MS / 60_000} minutes
  --only      plays this row; so does its name alone
  --jobs      how many rows are played at a time (${DEFAULT_JOBS})
  --packages  tries the tarballs in this folder, as \`npm run pack\` wrote them, instead of building and packing
  --help      prints this

What rows download is kept in PAWL_CONSUMERS_CACHE, or else in pawl-consumers in your folder for caches.
The exit code is 1 if a row does not hold, and 2 if the command line is wrong.

${rows.map(({ name, proves, isShort }) => `${isShort ? '*' : ' '} ${name.padEnd(18)} ${proves}`).join('\n')}`
}

/** Null where help is wanted. @throws Error where a word is no row or option */
export function choose(rows: readonly Row[], words: readonly string[]): Choice | null {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      ci: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      jobs: { type: 'string', default: String(DEFAULT_JOBS) },
      packages: { type: 'string' },
    },
  })
  if (values.help) return null
  const named = [...values.only.flatMap((names) => names.split(',')), ...positionals]
  const unknown = named.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0) throw new Error(`no row is called ${unknown.join(' or ')}: --help lists them`)
  if (!/^[1-9]\d?$/.test(values.jobs))
    throw new Error(`--jobs takes a number from 1 to 99, not ${values.jobs}`)
  return {
    rows: rows.filter(({ name, isShort }) =>
      named.length > 0 ? named.includes(name) : !values.ci || isShort,
    ),
    jobs: Number(values.jobs),
    packages: values.packages,
    limit: values.ci ? SHORT_MS : Infinity,
  }
}
