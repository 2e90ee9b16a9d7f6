import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { CHANGES_OF_A_TURN, CHANGING, type ChangingRuns, startRuns } from '../dashboard/changeRuns.ts'
import { type Board, launchBrowser, openBoard } from '../dashboard/openBoard.ts'
import { measureScript } from '../dashboard/measureScript.ts'
import type { Figure } from '../results.ts'
import { startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'

const FEW = 50
const MANY = 5_000

/** How long frames are counted in each round. */
const FRAMES_SECONDS = 10
const FRAMES_ROUNDS = 2

/** Number of changes in an hour at ten per second. */
const CHANGES_OF_AN_HOUR = 36_000

/** Measures the built dashboard: script size, time to the first board, frames while runs change, memory. */
export async function measureDashboard(bench: Bench): Promise<Figure[]> {
  const { tell } = bench
  const weight = await measureScript()
  if (!weight) {
    tell('there is no dist/web (npm run build makes it): the dashboard is not measured')
    return []
  }
  const script = [
    figure('script of the first page', 'KiB', [weight.first.raw]),
    figure('the same, gzipped', 'KiB', [weight.first.gzipped]),
    figure('all script', 'KiB', [weight.all.raw]),
    figure('the same, gzipped', 'KiB', [weight.all.gzipped]),
  ]
  const browser = await launchBrowser(bench)
  if (!browser) return script
  const furnish = async (count: number) => {
    tell(`starting ${count.toLocaleString('en')} runs`)
    const database = await bench.cluster.createDatabase(`bench_board_${count}`)
    const server = await startServer(bench, { databaseUrl: database.url })
    const runs = await startRuns(server, bench.resources, count)
    return { server, runs, board: await openBoard(browser, server) }
  }
  const few = await furnish(FEW)
  const many = await furnish(MANY)
  const figures = [
    ...script,
    ...(await timeFirstBoard(bench, few.board, many.board)),
    ...(await countFrames(bench, many.board, many.runs)),
    ...(await watchHeap(bench, many.board, many.runs)),
  ]
  await browser.close()
  await few.server.stop()
  await many.server.stop()
  return figures
}

async function timeFirstBoard({ options, tell }: Bench, few: Board, many: Board): Promise<Figure[]> {
  tell('loading the board')
  const times: Record<'few' | 'many', number[]> = { few: [], many: [] }
  const ratios: number[] = []
  // once each, uncounted, so that caches are filled in all rounds
  await few.load()
  await many.load()
  for (let round = 0; round < options.rounds; round += 1) {
    const [small, large] = [await few.load(), await many.load()]
    times.few.push(small)
    times.many.push(large)
    ratios.push(large / small)
  }
  return [
    figure(`first board, ${FEW} runs`, 'ms', times.few),
    figure(`first board, ${MANY} runs`, 'ms', times.many),
    figure('the second to the first', 'times', ratios),
  ]
}

async function countFrames({ resources, tell }: Bench, board: Board, runs: ChangingRuns): Promise<Figure[]> {
  tell('counting frames')
  const [idle, busy, ratios, made]: [number[], number[], number[], number[]] = [[], [], [], []]
  const rateOf = async (work: () => Promise<unknown>) => {
    const before = await board.readFrames()
    await work()
    const after = await board.readFrames()
    return ((after.frames - before.frames) * 1000) / (after.at - before.at)
  }
  const turns = (FRAMES_SECONDS * CHANGING) / CHANGES_OF_A_TURN
  for (let round = 0; round < FRAMES_ROUNDS; round += 1) {
    const still = await rateOf(() => delay(FRAMES_SECONDS * 1000, undefined, { signal: resources.signal }))
    const moving = await rateOf(async () => {
      const { changes, seconds } = await runs.change(turns, CHANGING)
      made.push(changes / seconds)
    })
    await seeChange(board, runs)
    idle.push(still)
    busy.push(moving)
    ratios.push(moving / still)
  }
  return [
    figure('frames of the idle board', 'per s', idle),
    figure(`frames while ${CHANGING} runs change each second`, 'per s', busy),
    figure('changes that were made meanwhile', 'per s', made),
    figure('the frames, to those of the idle board', 'times', ratios),
  ]
}

async function watchHeap({ options, tell }: Bench, board: Board, runs: ChangingRuns): Promise<Figure[]> {
  const turns = Math.ceil((CHANGES_OF_AN_HOUR / CHANGES_OF_A_TURN) * Math.min(1, options.seconds / 2))
  tell(`changing runs ${(turns * CHANGES_OF_A_TURN).toLocaleString('en')} times`)
  await board.load()
  await seeChange(board, runs)
  const heap = (made: number, value: number) =>
    figure(`heap of the page after ${made.toLocaleString('en')} changes`, 'MiB', [value])
  const figures = [heap(0, await board.readHeap())]
  const rates: number[] = []
  let made = 0
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    const until = Math.round((turns * quarter) / 4)
    const { changes, seconds } = await runs.change(until - made / CHANGES_OF_A_TURN)
    made += changes
    if (changes > 0) rates.push(changes / seconds)
    await seeChange(board, runs)
    figures.push(heap(made, await board.readHeap()))
  }
  return [...figures, figure('changes meanwhile', 'per s', rates)]
}

/** Resolves when the page has drawn all previous changes: one more run is changed, and changed back. */
async function seeChange(board: Board, runs: ChangingRuns): Promise<void> {
  await runs.pause(runs.marker)
  await board.untilDrawn(runs.marker, 'PAUSED')
  await runs.resume(runs.marker)
  await board.untilDrawn(runs.marker, 'QUEUED')
}

function figure(what: string, unit: Figure['unit'], values: readonly number[]): Figure {
  return { kind: 'figure', what, unit, value: spread(values) }
}
