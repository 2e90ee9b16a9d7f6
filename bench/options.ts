import { parseArgs } from 'node:util'

/** The parts, in the order of measurement. */
export const PARTS = [
  'start',
  'throughput',
  'latency',
  'watchers',
  'storm',
  'plans',
  'growth',
  'takeover',
  'turns',
  'retention',
  'dashboard',
  'peers',
  'profile',
  'soak',
] as const
export type Part = (typeof PARTS)[number]

/** Options of the benchmark. */
export interface BenchOptions {
  readonly parts: readonly Part[]
  readonly clients: readonly number[]
  /** Rounds of each comparison. */
  readonly rounds: number
  /** Approximate seconds of one round. */
  readonly seconds: number
  /** How long `soak` takes, in minutes. */
  readonly minutes: number
  /** Engines that `peers` compares with, by their names there; empty: all. */
  readonly peers: readonly string[]
  /** Runs in the larger database. */
  readonly runs: number
  /** Where the results are written; null: a new file in `bench/results`. */
  readonly out: string | null
}

export const USAGE = `npm run bench -- [options]

Measures Pawl on a fresh embedded PostgreSQL with production settings, prints tables, and writes the results as JSON to
bench/results. Takes about half an hour and 10 GB of disk; Ctrl-C leaves nothing behind. Exits with 1 if a plan scans
the history. Parts can be named without --parts: npm run bench -- plans growth

  --parts LIST    of ${PARTS.join(', ')} (default: all but the last three; "peers" installs other
                  engines from the registry)
  --clients LIST  numbers of concurrent clients (default: 1,8,32)
  --rounds N      rounds of each comparison (default: 5)
  --seconds S     approximate duration of one round (default: 2)
  --runs N        runs in the larger database of "plans" and "growth" (default: 1000000)
  --minutes N     duration of "soak": a simulated load, after which memory must be flat and the doctor content
                  (default: 60)
  --peers LIST    engines of "peers" (default: all), such as restate,dbos
  --quick         small and short, for trying it out: 20,000 runs, 2 rounds of half a second
  --out FILE      where the results are written`

const DEFAULTS = { clients: '1,8,32', rounds: '5', seconds: '2', runs: '1000000' }
const QUICK = { clients: '1,8', rounds: '2', seconds: '0.5', runs: '20000' }

/** Parses the command line; throws an error that describes a mistake. Null: print the usage. */
export function readOptions(argv: readonly string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      parts: {
        type: 'string',
        default: 'start,throughput,latency,watchers,storm,plans,growth,takeover,turns,retention,dashboard',
      },
      clients: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      peers: { type: 'string' },
      minutes: { type: 'string', default: '60' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const { parts, clients, rounds, seconds, runs } = { ...(values.quick ? QUICK : DEFAULTS), ...values }
  return {
    parts: (positionals.length > 0 ? positionals : parts.split(',')).map(toPart),
    clients: clients.split(',').map((text) => toNumber('--clients', text, 1)),
    rounds: toNumber('--rounds', rounds, 1),
    seconds: toNumber('--seconds', seconds, 0.01),
    runs: toNumber('--runs', runs, 1000),
    peers: values.peers?.split(',') ?? [],
    minutes: toNumber('--minutes', values.minutes, 0.1),
    out: values.out ?? null,
  }
}

function toPart(text: string): Part {
  const part = PARTS.find((known) => known === text)
  if (!part) throw new Error(`--parts: there is no ${text}; there are ${PARTS.join(', ')}`)
  return part
}

function toNumber(flag: string, text: string, min: number): number {
  const value = Number(text)
  if (!(value >= min)) throw new Error(`${flag}: expected a number of at least ${min}, not ${text}`)
  return value
}
