import { setTimeout as delay } from 'node:timers/promises'
import { type ListenLog, type ListenOptions, openListener } from '../store/sql/listen.ts'
import type { Announced } from '../store/run/appendedEvents.ts'
import { openWakeUps, type WakeUp } from './wakeUps.ts'

/** Options of `openSignals`. */
export interface SignalsOptions {
  readonly poolConfig: ListenOptions['poolConfig']
  /** Where the loss of the connection is reported; default: nowhere. */
  readonly log?: ListenLog
  /** Called when the connection is lost. */
  readonly onLost?: () => void
  /** How often readers poll in case a signal was lost, in milliseconds; default 5,000. */
  readonly pollMs?: number
  /** Minimum time between two messages to other processes, in milliseconds: ids within it are sent together; default 2. */
  readonly gatherMs?: number
  /** How often the connection must prove that it responds, in milliseconds; default 10,000. */
  readonly checkMs?: number
}

/**
 * Wake-ups for readers of the log, within this process and from other processes on the same database. They carry ids
 * only, and correctness never depends on them: a lost one costs time, a duplicate costs a read (G8).
 */
export interface Signals {
  /**
   * Wakes the readers of a run or workspace: those of this process immediately, others within milliseconds. Call it
   * after the commit.
   *
   * @param change what is known of the change
   */
  announce(id: string, change?: Announced): void
  /** A wake-up for the readers of one run or workspace, or of all. Nothing is missed from this call on. */
  subscribe(topic: string): WakeUp
  /** Number of subscribed wake-ups. */
  readonly subscribers: number
  /** False while the connection for signals is lost: changes by other processes are then noticed only by polling. */
  readonly healthy: boolean
  /** Sends pending announcements, closes every wake-up and ends the connection. */
  close(): Promise<void>
}

/** The topic of readers of all runs. */
export const ALL_RUNS = 'all'
/** The topic of readers of all workspaces. */
export const ALL_WORKSPACES = 'all workspaces'
/** The topic, and its own id, of who waits for a run to be claimable. */
export const QUEUE = 'queue'
/** The topic of who keeps what tokens are good for. */
export const ALL_TOKENS = 'all tokens'

/** The topic of readers of everything of the id's kind. */
function topicOfAll(id: string): string {
  if (id === QUEUE) return QUEUE
  if (id.startsWith('wsp_')) return ALL_WORKSPACES
  return id.startsWith('tok_') ? ALL_TOKENS : ALL_RUNS
}

/** The channel; a trigger on tokens notifies on it, too. */
const CHANNEL = 'pawl_signals'
/** The payload that wakes every reader. */
const EVERYTHING = '*'
/** PostgreSQL requires payloads shorter than 8,000 bytes. */
const PAYLOAD_BYTES = 7_999
/** Above this many ids at once, waking every reader is cheaper than naming the ids. */
const MAX_NAMED = 2_000

/** How long closing waits for the last announcements to be sent, in milliseconds. */
const FLUSH_MS = 1_000

const SILENT: ListenLog = { info: () => undefined, warn: () => undefined }

/** Connects to the other processes on the same database. Rejects if the database cannot be reached. */
export async function openSignals(options: SignalsOptions): Promise<Signals> {
  const {
    poolConfig,
    log = SILENT,
    onLost = () => undefined,
    pollMs = 5_000,
    gatherMs = 2,
    checkMs = 10_000,
  } = options
  const wakeUps = openWakeUps(pollMs)
  let gathered = new Set<string>()
  let isGathering = false
  let sending: Promise<void> | undefined
  let sentAt = Number.NEGATIVE_INFINITY

  const wake = (id: string, appended?: Announced['appended']) => {
    wakeUps.wake(id, appended)
    wakeUps.wake(topicOfAll(id))
  }

  const listener = await openListener({
    poolConfig,
    channel: CHANNEL,
    checkMs,
    log,
    onLost,
    onPayload(payload) {
      if (payload === EVERYTHING) wakeUps.wakeAll()
      else for (const id of payload.split(',')) wake(id)
    },
    onReconnected() {
      wakeUps.wakeAll()
      // announcements that could not be sent during the interruption are sent now
      if (gathered.size > 0) gather()
    },
  })

  function gather(): void {
    if (sending !== undefined || isGathering) return
    isGathering = true
    const pause = sentAt + gatherMs - performance.now()
    if (pause > 0) setTimeout(send, pause)
    else setImmediate(send)
  }

  function send(): void {
    isGathering = false
    if (gathered.size === 0 || sending !== undefined) return
    const ids = gathered
    gathered = new Set()
    sending = notify(ids)
  }

  async function notify(ids: ReadonlySet<string>): Promise<void> {
    try {
      await listener.notify(toPayloads(ids))
      sending = undefined
      sentAt = performance.now()
      if (gathered.size > 0) gather()
    } catch {
      // sent with the next announcement, or after reconnecting
      sending = undefined
      gathered.add(EVERYTHING)
    }
  }

  async function flush(): Promise<void> {
    await sending
    if (listener.listening) send()
    await sending
  }

  return {
    announce(id, { isQueued = false, appended } = {}) {
      for (const each of isQueued ? [id, QUEUE] : [id]) {
        wake(each, each === id ? appended : undefined)
        if (gathered.size < MAX_NAMED) gathered.add(each)
        else gathered = new Set([EVERYTHING])
      }
      if (listener.listening) gather()
    },
    subscribe: (topic) => wakeUps.subscribe(topic),
    get subscribers() {
      return wakeUps.size
    },
    get healthy() {
      return listener.listening
    },
    async close() {
      wakeUps.close()
      await Promise.race([flush(), delay(FLUSH_MS, undefined, { ref: false })])
      await listener.close()
    },
  }
}

/** Packs the ids into as few payloads as possible. */
function toPayloads(ids: ReadonlySet<string>): string[] {
  if (ids.has(EVERYTHING)) return [EVERYTHING]
  const payloads: string[] = []
  let payload = ''
  for (const id of ids) {
    if (payload.length + 1 + id.length > PAYLOAD_BYTES) {
      payloads.push(payload)
      payload = id
    } else {
      payload = payload === '' ? id : `${payload},${id}`
    }
  }
  return [...payloads, payload]
}
