import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { WebSocket } from 'ws'
import { Client as Driver, WORKFLOW } from '../chaos/client.ts'
import { EventFollower } from '../chaos/eventFollower.ts'
import { askDoctor, findUntrue, listHeld, readStored } from '../chaos/judge.ts'
import { Ledger } from '../chaos/ledger.ts'
import { findHeldTwice, Holder } from './holder.ts'

const DRIVERS = 6
const HOLDERS = 6
const HELD_RUNS = 3
/** Asks until it is answered, through every fault. */
const RETRY = { attempts: 100_000, minDelayMs: 10, maxDelayMs: 200, timeoutMs: 10_000 }

/** How long it took until something new was accepted, in milliseconds. */
export interface Gap {
  /** By any server. */
  readonly first: number
  /** By every server. */
  readonly all: number
}

/** Clients of all kinds, half of them on each server, and what they were told. */
export class Load {
  readonly ledger = new Ledger()
  readonly #pawls: readonly Pawl[]
  readonly #drivers: readonly Driver[]
  readonly #holders: readonly Holder[]
  readonly #follower: EventFollower
  readonly #stopping = new AbortController()
  readonly #work: Promise<unknown>

  private constructor(pawls: readonly Pawl[], followed: readonly Pawl[], runIds: readonly string[]) {
    this.#pawls = pawls
    this.#follower = new EventFollower(followed)
    const on = (index: number) => pawls[index % pawls.length] as Pawl
    this.#drivers = Array.from(
      { length: DRIVERS },
      (_, index) => new Driver(on(index), `driver ${index}`, this.ledger, this.#follower),
    )
    this.#holders = Array.from(
      { length: HOLDERS },
      (_, index) => new Holder(on(index), `holder ${index}`, runIds, this.#stopping.signal),
    )
    this.#work = Promise.all([...this.#drivers, ...this.#holders].map((client) => client.work()))
    this.#work.catch(() => undefined)
  }

  /** @param open makes the clients; default: this version's SDK */
  static async start(urls: readonly string[], token: string, open = createPawl): Promise<Load> {
    const connect = (transport: { WebSocket: typeof WebSocket | false }) =>
      urls.map((url) => open({ url, token, retry: RETRY, ...transport }))
    const pawls = connect({ WebSocket: false })
    const [pawl] = pawls
    if (!pawl) throw new Error('no server')
    unwrap(await pawl.workflows.register(WORKFLOW))
    const runIds: string[] = []
    for (let number = 0; number < HELD_RUNS; number++)
      runIds.push(unwrap(await pawl.runs.start({ workflow: WORKFLOW.name, title: 'held' })).run.id)
    return new Load(pawls, [...connect({ WebSocket }), ...pawls], runIds)
  }

  /** Resolves as soon as `count` more mutations are acknowledged. @throws what ended a client */
  async untilMore(count: number): Promise<void> {
    await Promise.race([this.ledger.untilMore(count), this.#work])
  }

  /** Asks each server for something new, and measures how long it takes. */
  async measureGap(): Promise<Gap> {
    const begun = performance.now()
    const gaps = await Promise.all(
      this.#pawls.map(async ({ runs }) => {
        const key = randomUUID()
        const { run } = unwrap(await runs.start({ workflow: WORKFLOW.name, idempotencyKey: key }))
        this.ledger.acknowledge({ operation: 'startRun', key, runId: run.id, revision: run.revision })
        return performance.now() - begun
      }),
    )
    return { first: Math.min(...gaps), all: Math.max(...gaps) }
  }

  /** The longest time in which nothing new was accepted while something is done. */
  async longestGap(done: Promise<unknown>): Promise<Gap> {
    let longest: Gap = { first: 0, all: 0 }
    let isOver = false
    void done.finally(() => (isOver = true)).catch(() => undefined)
    do {
      const { first, all } = await this.measureGap()
      longest = { first: Math.max(longest.first, first), all: Math.max(longest.all, all) }
    } while (!isOver)
    await done
    return longest
  }

  /** Lets all clients end what they are about. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const driver of this.#drivers) driver.stop()
    await this.#work
  }

  /** What is not as it was promised, once the clients have stopped. */
  async judge(pool: Pool): Promise<string[]> {
    const [pawl] = this.#pawls as [Pawl]
    await this.#follower.finish((runId) => pawl.runs.get(runId))
    const stored = await readStored(pool)
    const shorter = listHeld(this.ledger, stored).filter(({ isShorter }) => isShorter)
    const { violations } = await askDoctor(pawl)
    const holds = this.#holders.flatMap((holder) => holder.holds)
    const gaps = [...this.#follower.seen].filter(([, seqs]) => seqs.some((seq, index) => seq !== index + 1))
    return [
      ...findUntrue(this.ledger, stored),
      ...shorter.map(({ runId }) => `a lease is shorter than promised: ${runId}`),
      ...findHeldTwice(holds).map((words) => `held twice: ${words}`),
      ...this.#holders.flatMap(({ lost }) => lost).map((words) => `lost although renewed: ${words}`),
      ...this.#drivers.flatMap(({ surprises }) => surprises).map((words) => `refused: ${words}`),
      ...[...this.#follower.broken].map(([runId, error]) => `a stream broke: ${runId}, ${String(error)}`),
      ...gaps.map(([runId, seqs]) => `a stream is not gap-free: ${runId}, ${seqs.join(' ')}`),
      ...violations.map((violation) => `doctor: ${JSON.stringify(violation)}`),
    ]
  }

  /** What has been done so far, in words. */
  describe(): string {
    const holds = this.#holders.flatMap((holder) => holder.holds).length
    return `${this.ledger.acknowledged.length} mutations acknowledged, ${this.#follower.seen.size} streams followed, ${holds} times a run was held`
  }
}
