import { setTimeout as sleep } from 'node:timers/promises'
import type { Approval, Pawl, RunDetail, RunEvent } from '@pawl/sdk'
import { findOpenApproval } from '../../advice/findOpenApproval.ts'

/** Callbacks while a run is followed. */
export interface Following {
  readonly signal: AbortSignal
  /** Whether to stop at the first settled status, although the run may be resumed. */
  readonly untilSettled: boolean
  /** Called with the run after each change, and with the approval that it waits for. */
  readonly onRun: (run: RunDetail, approval: Approval | null) => void
  readonly onEvent: (event: RunEvent) => void
  /** Called when the connection is lost or restored. */
  readonly onConnection: (isConnected: boolean) => void
}

/** How many past events are delivered first. */
const HISTORY = 200

/** Follows a run to its end. Returns the run at the end; null if it was deleted. */
export async function followRun(pawl: Pawl, run: RunDetail, following: Following): Promise<RunDetail | null> {
  const ended = new AbortController()
  const stop = () => ended.abort()
  following.signal.addEventListener('abort', stop, { once: true })
  const reader = new RunReader(pawl, run, following, ended.signal)
  try {
    following.onRun(run, await findOpenApproval(pawl, run))
    await Promise.all([readFrames(pawl, run, following, reader), readEvents(pawl, run, following)])
    return await reader.read()
  } finally {
    following.signal.removeEventListener('abort', stop)
    ended.abort()
  }
}

async function readFrames(
  pawl: Pawl,
  run: RunDetail,
  following: Following,
  reader: RunReader,
): Promise<void> {
  const { signal, untilSettled, onConnection } = following
  for await (const frame of pawl.runs.watch(run.id, { signal, untilSettled, onConnection })) {
    reader.wake(frame.revision)
  }
}

async function readEvents(
  pawl: Pawl,
  run: RunDetail,
  { signal, untilSettled, onEvent }: Following,
): Promise<void> {
  const after = Math.max(0, run.revision - HISTORY)
  for await (const event of pawl.runs.events(run.id, { after, signal, untilSettled })) onEvent(event)
}

/** Reads the run after each change, one read at a time, and when its lease expires, which no event announces. */
class RunReader {
  readonly #pawl: Pawl
  readonly #id: string
  readonly #following: Following
  readonly #ended: AbortSignal
  #wanted: number
  #known: RunDetail
  #reading: Promise<RunDetail | null> | undefined
  #alarm = new AbortController()

  constructor(pawl: Pawl, run: RunDetail, following: Following, ended: AbortSignal) {
    this.#pawl = pawl
    this.#id = run.id
    this.#following = following
    this.#ended = ended
    this.#known = run
    this.#wanted = run.revision
    this.#setAlarm()
  }

  /** Notes that the run has reached a revision. */
  wake(revision: number): void {
    this.#wanted = Math.max(this.#wanted, revision)
    if (this.#wanted > this.#known.revision) void this.read().catch(() => undefined)
  }

  read(): Promise<RunDetail | null> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
      if (this.#wanted > this.#known.revision && !this.#ended.aborted) this.wake(this.#wanted)
    })
    return this.#reading
  }

  async #read(): Promise<RunDetail | null> {
    const run = await this.#pawl.runs.get(this.#id)
    if (!run) {
      this.#wanted = this.#known.revision
      return null
    }
    const approval = await findOpenApproval(this.#pawl, run)
    if (run.revision >= this.#known.revision) {
      this.#known = run
      this.#following.onRun(run, approval)
      this.#setAlarm()
    }
    return this.#known
  }

  #setAlarm(): void {
    this.#alarm.abort()
    const { lease, asOf } = this.#known
    if (!lease?.expiresAt || !lease.isLive) return
    this.#alarm = new AbortController()
    const signal = AbortSignal.any([this.#alarm.signal, this.#ended])
    const left = Date.parse(lease.expiresAt) - Date.parse(asOf)
    sleep(Math.max(0, left) + 50, undefined, { signal })
      .then(() => this.read())
      .catch(() => undefined)
  }
}
