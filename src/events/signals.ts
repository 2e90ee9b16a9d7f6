import { setTimeout as delay } from 'node:timers/promises'
import { type ListenLog, type ListenOptions, openListener } from '../store/sql/listen.ts'
import { openWakeUps, type WakeUp } from './wakeUps.ts'

/** What signals are opened with. */
export interface SignalsOptions {
  readonly poolConfig: ListenOptions['poolConfig']
  /** Where the loss of the connection is reported; default: nowhere. */
  readonly log?: ListenLog
  /** How often readers look by themselves, in milliseconds, for the case of a lost signal; default 5,000. */
  readonly pollMs?: number
  /** How long ids are gathered before they are sent to other processes, in milliseconds; default 2. */
  readonly gatherMs?: number
  /** How often the connection must prove that it answers, in milliseconds; default 10,000. */
  readonly checkMs?: number
}

/**
 * Wake-ups for whoever reads the log, within this process and from others on the same database. They carry ids only,
 * and nothing depends on them: one that is lost costs time, one that is doubled costs a read (G8).
 */
export interface Signals {
  /** Wakes the readers of a run or a workspace, here at once and elsewhere within milliseconds. To be called after the commit. */
  announce(id: string): void
  /** A wake-up for the readers of one run or workspace, or of all. Nothing is missed from this call on. */
  subscribe(topic: string): WakeUp
  /** How many wake-ups are subscribed. */
  readonly subscribers: number
  /** False while the connection for signals is lost: other processes are noticed by polling only. */
  readonly healthy: boolean
  /** Sends what is gathered, closes every wake-up and ends the connection. */
  close(): Promise<void>
}

/** The topic of whoever reads about every run. */
export const ALL_RUNS = 'all'
/** The topic of whoever reads about every workspace. */
export const ALL_WORKSPACES = 'all workspaces'

/** The topic of whoever reads about everything of the kind that an id is of. */
function topicOfAll(id: string): string {
  return id.startsWith('wsp_') ? ALL_WORKSPACES : ALL_RUNS
}

const CHANNEL = 'pawl_signals'
/** The payload that stands for every run. */
const EVERYTHING = '*'
/** PostgreSQL takes payloads shorter than 8,000 bytes. */
const PAYLOAD_BYTES = 7_999
/** With more runs than this at once, waking everybody is cheaper than naming them. */
const MAX_NAMED = 2_000

/** How long closing waits for the last announcements to be sent. */
const FLUSH_MS = 1_000

const SILENT: ListenLog = { info: () => undefined, warn: () => undefined }

/** Connects to the other processes of the same database. Rejects where the database can't be reached. */
export async function openSignals(options: SignalsOptions): Promise<Signals> {
  const { poolConfig, log = SILENT, pollMs = 5_000, gatherMs = 2, checkMs = 10_000 } = options
  const wakeUps = openWakeUps(pollMs)
  let gathered = new Set<string>()
  let gathering: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined

  const wake = (id: string) => {
    wakeUps.wake(id)
    wakeUps.wake(topicOfAll(id))
  }

  const listener = await openListener({
    poolConfig,
    channel: CHANNEL,
    checkMs,
    log,
    onPayload(payload) {
      if (payload === EVERYTHING) wakeUps.wakeAll()
      else for (const id of payload.split(',')) wake(id)
    },
    onReconnected() {
      wakeUps.wakeAll()
      // what could not be told meanwhile waits to be told now
      if (gathered.size > 0) gather()
    },
  })

  function gather(): void {
    if (sending === undefined) gathering ??= setTimeout(send, gatherMs)
  }

  function send(): void {
    gathering = undefined
    const ids = gathered
    gathered = new Set()
    sending = notify(ids)
  }

  async function notify(ids: ReadonlySet<string>): Promise<void> {
    try {
      await listener.notify(toPayloads(ids))
      sending = undefined
      if (gathered.size > 0) gather()
    } catch {
      // told with the next announcement, or when there is a connection again
      sending = undefined
      gathered.add(EVERYTHING)
    }
  }

  async function flush(): Promise<void> {
    await sending
    clearTimeout(gathering)
    if (gathered.size > 0 && listener.listening) send()
    await sending
  }

  return {
    announce(id) {
      wake(id)
      if (gathered.size < MAX_NAMED) gathered.add(id)
      else gathered = new Set([EVERYTHING])
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

/** The ids in as few payloads as hold them. */
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
