import type { Bench } from './bench.ts'
import type { Load } from './loads/load.ts'
import { readUsage, type Usage } from './machine.ts'
import { measure, type Sample } from './measure.ts'
import type { Comparison, Side } from './results.ts'
import { spread } from './statistics.ts'

/** One of two compared implementations. */
export interface Contender {
  readonly name: string
  readonly load: Load
  /** The server's process; null if none is involved. */
  readonly server: number | null
}

/** A sample with its resource usage. */
interface Round extends Sample {
  readonly processor: Side['processor']
  readonly walKibibytes: number
}

const WARM_UP_EACH = 25

/**
 * Measures two contenders alternately (A B, B A, A B, …), each with the same number of operations, so that changes in the machine's speed
 * affect both.
 */
export async function compare(
  bench: Bench,
  { what, clients }: Pick<Comparison, 'what' | 'clients'>,
  subject: Contender,
  baseline: Contender,
): Promise<Comparison> {
  const { rounds, seconds } = bench.options
  bench.tell(`${what}, ${clients} ${clients === 1 ? 'client' : 'clients'}`)
  const each = await calibrate(bench, clients, seconds, [subject, baseline])
  const samples = new Map<Contender, Round[]>([
    [subject, []],
    [baseline, []],
  ])
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? [subject, baseline] : [baseline, subject]) {
      await contender.load.prepare({ clients, each })
      samples.get(contender)?.push(await measureOne(bench, contender, clients, each))
    }
  }
  const ours = samples.get(subject) ?? []
  const theirs = samples.get(baseline) ?? []
  return {
    kind: 'comparison',
    what,
    clients,
    rounds,
    subject: summarise(subject.name, ours),
    baseline: summarise(baseline.name, theirs),
    of: 'perSecond',
    ratio: spread(ours.map((sample, round) => sample.perSecond / (theirs[round]?.perSecond ?? Number.NaN))),
  }
}

/** Warms up both contenders, and returns how many operations per client take the slower one about the given time. */
async function calibrate(
  { resources: { signal } }: Bench,
  clients: number,
  seconds: number,
  contenders: readonly Contender[],
): Promise<number> {
  const rates: number[] = []
  for (const { load } of contenders) {
    await load.prepare({ clients, each: WARM_UP_EACH })
    rates.push((await measure({ clients, each: WARM_UP_EACH, signal }, load.act)).perSecond)
  }
  return Math.max(5, Math.ceil((Math.min(...rates) * seconds) / clients))
}

async function measureOne(bench: Bench, contender: Contender, clients: number, each: number): Promise<Round> {
  const postgres = await bench.cluster.listProcesses()
  const read = () => ({
    server: contender.server === null ? NOTHING : readUsage([contender.server]),
    postgres: readUsage(postgres),
    client: readUsage([process.pid]),
  })
  const walBefore = await bench.cluster.readWalBytes()
  const before = read()
  const sample = await measure({ clients, each, signal: bench.resources.signal }, contender.load.act)
  const after = read()
  const walBytes = (await bench.cluster.readWalBytes()) - walBefore
  const cost = (name: 'server' | 'postgres' | 'client') => {
    const [from, to] = [before[name], after[name]]
    return from && to && ((to.processorSeconds - from.processorSeconds) * 1000) / sample.operations
  }
  const [server, pg, client] = [cost('server'), cost('postgres'), cost('client')]
  return {
    ...sample,
    processor: server === null || pg === null || client === null ? null : { server, postgres: pg, client },
    walKibibytes: walBytes / 1024 / sample.operations,
  }
}

const NOTHING: Usage = { processorSeconds: 0, memory: 0 }

function summarise(name: string, rounds: readonly Round[]): Side {
  const median = (numbers: readonly number[]) => spread(numbers).median
  const processors = rounds.flatMap(({ processor }) => processor ?? [])
  return {
    name,
    perSecond: spread(rounds.map(({ perSecond }) => perSecond)),
    p50: spread(rounds.map(({ p50 }) => p50)),
    p99: spread(rounds.map(({ p99 }) => p99)),
    processor:
      processors.length === 0
        ? null
        : {
            server: median(processors.map(({ server }) => server)),
            postgres: median(processors.map(({ postgres }) => postgres)),
            client: median(processors.map(({ client }) => client)),
          },
    walKibibytes: median(rounds.map(({ walKibibytes }) => walKibibytes)),
  }
}
