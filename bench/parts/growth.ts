import type { Bench } from '../bench.ts'
import { compare } from '../compare.ts'
import type { Asker } from '../history/asker.ts'
import { openHistories } from '../history/openHistories.ts'
import type { Question } from '../history/question.ts'
import { QUESTIONS } from '../history/questions/index.ts'
import { driveMutations } from '../loads/driverLoad.ts'
import { askLifecycles, askMutations, HttpClients } from '../loads/httpLoad.ts'
import type { Load } from '../loads/load.ts'
import { askForNothing } from '../loads/queryLoad.ts'
import type { Comparison, PageCost, Pages, Ratio, Result } from '../results.ts'
import { startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'

const CLIENTS = 8
/** Pages to be measured, if the list is long enough. */
const PAGES = [1, 100, 1000]
/** How often each is executed in a round; the fastest counts, to exclude interruptions. */
const TIMES = { page: 3, judged: 1 } as const

/** Compares the cost with a short and with a long history: pages of every list, and whole operations over HTTP. */
export async function measureGrowth(bench: Bench): Promise<Result[]> {
  const { few, many } = await openHistories(bench)
  const results: Result[] = []
  for (const question of QUESTIONS) {
    if (!question.at || question.name.endsWith('by oldest')) continue
    bench.tell(`pages of ${question.name}`)
    results.push(await comparePages(bench, question, few, many))
  }
  return [...results, ...(await compareOperations(bench, few, many))]
}

/** One page of one database. */
interface Contender {
  readonly asker: Asker
  readonly page: number
  readonly ask: (asker: Asker) => Promise<number>
}

async function comparePages(bench: Bench, question: Question, few: Asker, many: Asker): Promise<Pages> {
  const contenders = [...(await openPages(question, few)), ...(await openPages(question, many))]
  const times = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < bench.options.rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      bench.resources.signal.throwIfAborted()
      times
        .get(contender)
        ?.push(await timeOne(contender, question.grows === 'judged' ? TIMES.judged : TIMES.page))
    }
  }
  const measured: { cost: PageCost; times: readonly number[] }[] = []
  for (const contender of contenders) {
    const own = times.get(contender) ?? []
    measured.push({ cost: await toCost(contender, own), times: own })
  }
  const of = (asker: Asker) => measured.filter(({ cost }) => cost.runs === asker.history.runs)
  const [first, ...further] = of(many)
  const [smaller] = of(few)
  if (!first || !smaller) throw new Error(`${question.name} has no first page`)
  const last = further.at(-1)
  return {
    kind: 'pages',
    what: question.name,
    costs: measured.map(({ cost }) => cost),
    deeper: last ? toRatio(last, first) : null,
    larger: toRatio(first, smaller),
  }
}

async function openPages({ at }: Question, asker: Asker): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const page of PAGES) {
    const ask = await at?.(asker, page)
    if (ask) contenders.push({ asker, page, ask })
  }
  return contenders
}

async function timeOne({ asker, ask }: Contender, times: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    await ask(asker)
    least = Math.min(least, performance.now() - start)
  }
  return least
}

async function toCost({ asker, page, ask }: Contender, times: readonly number[]): Promise<PageCost> {
  let entries = 0
  const explained = await asker.explain(async () => {
    entries = await ask(asker)
  })
  const buffers = explained.reduce((sum, each) => sum + each.buffers, 0)
  return { runs: asker.history.runs, page, entries, time: spread(times), buffers }
}

interface Measured {
  readonly cost: PageCost
  readonly times: readonly number[]
}

function toRatio(subject: Measured, baseline: Measured): Ratio {
  return {
    time: spread(subject.times.map((time, round) => time / (baseline.times[round] ?? Number.NaN))),
    buffers: subject.cost.buffers / baseline.cost.buffers,
  }
}

/** Whole operations over HTTP, alternately on two servers. */
async function compareOperations(bench: Bench, few: Asker, many: Asker): Promise<Comparison[]> {
  const sides = [await openSide(bench, many), await openSide(bench, few)] as const
  const loads: readonly (readonly [string, (side: Side) => Load, usesServer: boolean])[] = [
    ['one guarded mutation, HTTP', (side) => askMutations(side.clients), true],
    ['one whole run, HTTP', (side) => askLifecycles(side.clients), true],
    ['one guarded mutation, driver', (side) => driveMutations(side.asker.database), false],
    ['a claim with nothing to claim, HTTP', (side) => askForNothing(side.clients), true],
  ]
  const results: Comparison[] = []
  for (const [what, open, usesServer] of loads) {
    const contend = (side: Side) => ({
      name: `${side.asker.history.runs.toLocaleString('en')} runs`,
      load: open(side),
      server: usesServer ? side.pid : null,
    })
    results.push(await compare(bench, { what, clients: CLIENTS }, contend(sides[0]), contend(sides[1])))
  }
  for (const side of sides) await side.stop()
  return results
}

interface Side {
  readonly asker: Asker
  readonly clients: HttpClients
  readonly pid: number
  stop(): Promise<void>
}

async function openSide(bench: Bench, asker: Asker): Promise<Side> {
  const server = await startServer(bench, { databaseUrl: asker.database.url })
  const clients = new HttpClients(server, bench.resources)
  return { asker, clients, pid: server.pid, stop: () => server.stop() }
}
