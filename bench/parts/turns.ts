import type { Bench } from '../bench.ts'
import type { Figure } from '../results.ts'
import { type BenchServer, startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'

/** Size of the bodies, in bytes. */
const SIZE = 8 * 1_048_576

/** Large bodies that could block a server: JSON texts for the input of a run or the content of a file. */
const LOADS: Readonly<Record<string, (text: { readonly long: string }) => string>> = {
  'numbers as the input of a run': () => startRun(`[${'0,'.repeat(SIZE / 2 - 1)}0]`),
  'nesting as the input of a run': () => startRun('['.repeat(SIZE / 2) + ']'.repeat(SIZE / 2)),
  'a text as the input of a run': ({ long }) => startRun(long),
  'a text as the content of a file': ({ long }) => submitArtifact(long),
}

/**
 * Measures the longest turn of the server's event loop while it receives a body of 8 MiB, relative to the time for parsing a string of that
 * size on this machine.
 */
export async function measureTurns(bench: Bench): Promise<Figure[]> {
  const { options, resources, cluster, tell } = bench
  tell('sending large bodies')
  const database = await cluster.createDatabase('bench_turns')
  const server = await startServer(bench, { databaseUrl: database.url })
  const long = JSON.stringify('x'.repeat(SIZE - 2))
  const ratios = new Map(Object.keys(LOADS).map((name) => [name, [] as number[]]))
  // the first body of each kind is not counted: its code is not compiled yet
  for (let round = -1; round < options.rounds; round++) {
    for (const [name, makeBody] of Object.entries(LOADS)) {
      resources.signal.throwIfAborted()
      const body = makeBody({ long })
      await readLongestTurn(server)
      await post(server, body)
      const turn = await readLongestTurn(server)
      if (round >= 0) ratios.get(name)?.push(turn / timeParsing(long))
    }
  }
  await server.stop()
  return [...ratios].map(([name, values]) => ({
    kind: 'figure',
    what: `longest turn ÷ parsing a string of 8 MiB: ${name}`,
    unit: 'times',
    value: spread(values),
  }))
}

function startRun(input: string): string {
  const query =
    'mutation ($input: JSON) { startRun(input: { workflow: "review", input: $input }) { __typename } }'
  return `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`
}

function submitArtifact(content: string): string {
  const query = 'mutation ($input: SubmitArtifactInput!) { submitArtifact(input: $input) { __typename } }'
  const input = `{"runId":"run_01jd0000000000000000000000","phase":"a","path":"a","fence":1,"content":${content}}`
  return `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`
}

async function post({ url, token }: BenchServer, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  await response.text()
}

/** The longest turn since the last call, in seconds. */
async function readLongestTurn({ url, token }: BenchServer): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  const found = /^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(await response.text())?.[1]
  if (found === undefined) throw new Error('the server does not tell how long its turns are')
  return Number(found)
}

/** Seconds. */
function timeParsing(text: string): number {
  const began = performance.now()
  JSON.parse(text)
  return (performance.now() - began) / 1_000
}
