/**
 * Writes the table of sizes in docs/scale.md, computed from what was measured (`bench/results.json`).
 *
 * npm run generate
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Comparison, Report } from '../bench/results.ts'
import { writeGenerated } from './writeGenerated.ts'

const PAGE = 'docs/scale.md'
const BEGIN = '<!-- sizes: printed by scripts/printSizing.ts -->'
const END = '<!-- end of sizes -->'

const AGENTS = [100, 1_000, 5_000, 10_000, 50_000]
/** What an agent asks of a server: a report every five seconds, and its lease every ten, counted like a report. */
const MUTATIONS_PER_AGENT = 1 / 5 + 1 / 10
/** How busy a processor may be all the time, so that peaks and the loss of a server have room. */
const BUSY = 0.5
const SECONDS_PER_DAY = 86_400

/** What one mutation costs under load. */
interface Cost {
  /** Processor time, in seconds. */
  readonly server: number
  readonly postgres: number
  /** Write-ahead log, in bytes. */
  readonly wal: number
}

/** The most clients at a time that were measured: many mutations share a statement and a commit then. */
function readCost({ results }: Report): Cost & { readonly clients: number; readonly rate: number } {
  const measured = (results['throughput'] ?? []).filter(
    (result): result is Comparison => result.kind === 'comparison' && result.what === 'one guarded mutation',
  )
  const last = measured.toSorted((a, b) => a.clients - b.clients).at(-1)
  const { processor, walKibibytes } = last?.subject ?? {}
  if (!last || !processor || walKibibytes == null) throw new Error('no mutation was measured')
  const { server, postgres } = processor
  return {
    server: server / 1000,
    postgres: postgres / 1000,
    wal: walKibibytes * 1024,
    clients: last.clients,
    rate: last.subject.perSecond?.median ?? 0,
  }
}

const count = (value: number): string => Math.round(value).toLocaleString('en')

/** Rounded down to two digits, since it is a limit. */
function toLimit(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Math.floor(value / unit) * unit
}

function drawRow(agents: number, { server, postgres, wal }: Cost): string {
  const rate = agents * MUTATIONS_PER_AGENT
  const servers = Math.ceil((rate * server) / BUSY)
  const cores = Math.ceil((rate * postgres) / BUSY)
  const gibibytes = (rate * wal * SECONDS_PER_DAY) / 1024 ** 3
  const cells = [
    count(agents),
    count(rate),
    (rate * server).toFixed(2),
    count(servers),
    (rate * postgres).toFixed(2),
    count(cores),
    gibibytes.toFixed(gibibytes < 10 ? 1 : 0),
  ]
  return `| ${cells.join(' | ')} |`
}

function drawSection(report: Report): string {
  const cost = readCost(report)
  const { machine } = report
  const rate = toLimit(BUSY / cost.server)
  return [
    `Measured on ${machine.cores} cores of ${machine.processor} with ${cost.clients} clients at a time, one mutation takes ${(cost.server * 1000).toFixed(2)} ms of a server's processor and ${(cost.postgres * 1000).toFixed(2)} ms of PostgreSQL's,`,
    `and writes ${(cost.wal / 1024).toFixed(1)} KiB of write-ahead log. A server is one process on one core; it is half busy at ${count(rate)} mutations a second, which are ${count(toLimit(rate / MUTATIONS_PER_AGENT))} agents that report`,
    'every five seconds and renew their lease every ten. With twice as many cores as are busy, computed from that:',
    '',
    '| agents | mutations a second | server cores busy | servers | PostgreSQL cores busy | PostgreSQL cores | WAL a day, GiB |',
    '|---|---|---|---|---|---|---|',
    ...AGENTS.map((agents) => drawRow(agents, cost)),
    '',
    `Add one server, so that one may be missed. Reading comes on top: pages of lists, and those who watch. What was measured ends at ${count(cost.rate)} mutations a`,
    'second on both cores together; the rows beyond are computed, not tried. With a synchronous standby a mutation takes as long as the network more, and no more processor.',
  ].join('\n')
}

const read = (path: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

const page = await read(PAGE)
const [before, rest] = page.split(BEGIN)
const after = rest?.split(END)[1]
if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the sizes`)
const section = drawSection(JSON.parse(await read('bench/results.json')) as Report)
await writeGenerated(PAGE, `${before}${BEGIN}\n\n${section}\n\n${END}${after}`)
