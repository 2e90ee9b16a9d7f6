import type { Pawl, RunDetail, RunEvent } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { LiveScreen } from '../terminal/liveScreen.ts'
import { followRun } from './followRun.ts'
import { watchLines } from './watchView.ts'
import type { WatchState } from './watchView.ts'

/** The view is redrawn after every change, and at this interval because of its clocks. */
const REDRAW_MS = 1_000

/** How many events and messages are kept for the view. */
const MAX_KEPT = { events: 100, messages: 3 } as const

/** Follows a run in a live view. Returns the run at the end; null if it was deleted. */
export async function followLive(
  { pawl, out }: Invocation,
  run: RunDetail,
  until: { readonly signal: AbortSignal; readonly untilSettled: boolean },
): Promise<RunDetail | null> {
  const screen = new LiveScreen(out)
  const events: RunEvent[] = []
  const waiting = await readWaiting(pawl, run)
  let present: Pick<WatchState, 'run' | 'approval'> = { run, approval: null }
  let aheadMs = 0
  let isConnected = true
  let isDue = false
  const draw = () => {
    isDue = false
    const now = new Date(Date.now() + aheadMs).toISOString()
    const messages = present.run.isSettled ? [] : [...waiting.values()].slice(-MAX_KEPT.messages)
    screen.draw(watchLines(out.colors, { ...present, events, messages, isConnected, now }, screen.room))
  }
  // Changes come in bursts: those of one turn of the event loop are drawn once.
  const redraw = () => {
    if (!isDue) setImmediate(draw)
    isDue = true
  }
  const timer = setInterval(redraw, REDRAW_MS)
  process.stdout.on('resize', redraw)
  try {
    return await followRun(pawl, run, {
      ...until,
      onRun: (next, approval) => {
        present = { run: next, approval }
        aheadMs = Date.parse(next.asOf) - Date.now()
        redraw()
      },
      onEvent: (event) => {
        events.push(event)
        if (events.length > MAX_KEPT.events) events.shift()
        noteMessage(waiting, event)
        redraw()
      },
      onConnection: (connected) => {
        isConnected = connected
        redraw()
      },
    })
  } finally {
    clearInterval(timer)
    process.stdout.off('resize', redraw)
    draw()
    screen.end()
  }
}

/** Messages that the agent has not read, by id, oldest first. */
async function readWaiting(pawl: Pawl, { id }: RunDetail): Promise<Map<string, string>> {
  const { nodes } = await pawl.messages.list(id)
  const waiting = nodes.filter(({ status }) => status === 'PENDING' || status === 'DELIVERED')
  return new Map(waiting.toReversed().map((message) => [message.id, message.text]))
}

function noteMessage(waiting: Map<string, string>, event: RunEvent): void {
  if (event.type === 'MESSAGE_SENT') waiting.set(event.payload.id, event.payload.text)
  if (event.type === 'MESSAGE_ACKNOWLEDGED' && event.payload.receipt === 'CONSUMED')
    waiting.delete(event.payload.id)
}
