import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSuccess } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'

/** Shorter than the loss of a primary lasts. */
const LEASE_SECONDS = 10

/** A time in which an owner could rely on its lease, by this program's clock, in milliseconds. */
export interface Hold {
  readonly runId: string
  readonly owner: string
  readonly fence: number
  readonly from: number
  until: number
}

/** Competes with others for a few runs: claims one, holds it for some seconds, releases it. Records when it held which. */
export class Holder {
  /** Every time in which it held a run. */
  readonly holds: Hold[] = []
  /** Claims that were lost although their owner never stopped renewing. */
  readonly lost: string[] = []
  readonly #pawl: Pawl
  readonly #name: string
  readonly #runIds: readonly string[]
  readonly #stopping: AbortSignal

  constructor(pawl: Pawl, name: string, runIds: readonly string[], stopping: AbortSignal) {
    this.#pawl = pawl
    this.#name = name
    this.#runIds = runIds
    this.#stopping = stopping
  }

  async work(): Promise<void> {
    while (!this.#stopping.aborted) {
      const runId = this.#runIds[randomInt(this.#runIds.length)] ?? ''
      const claimed = await this.#pawl.runs.claim({ runId, owner: this.#name, leaseSeconds: LEASE_SECONDS })
      if (isSuccess(claimed) && claimed.lease)
        await this.#hold(runId, claimed.lease.fence, claimed.lease.expiresAt)
      else await this.#pause(200)
    }
  }

  async #hold(runId: string, fence: number, expiresAt: string | null | undefined): Promise<void> {
    const keeper = await this.#pawl.keepLease({ runId, fence, leaseSeconds: LEASE_SECONDS, expiresAt })
    const wanted = performance.now() + randomInt(1_000, 8_000)
    // an owner whose lease has ended relies on it again when a late renewal is accepted
    let hold: Hold | undefined
    while (performance.now() < wanted && keeper.directive !== 'LEASE_LOST' && !this.#stopping.aborted) {
      const now = performance.now()
      if (keeper.remainingMs === 0) hold = undefined
      else if (hold) hold.until = now
      else this.holds.push((hold = { runId, owner: this.#name, fence, from: now, until: now }))
      await this.#pause(20)
    }
    keeper.end()
    if (keeper.directive === 'LEASE_LOST') this.lost.push(`fence ${fence} of ${runId}, held by ${this.#name}`)
    else await this.#pawl.runs.release(runId, { fence })
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping }).catch(() => undefined)
  }
}

/** Runs that two owners relied on at the same time, or in another order than their fences. */
export function findHeldTwice(holds: readonly Hold[]): string[] {
  const runIds = [...new Set(holds.map(({ runId }) => runId))]
  return runIds.flatMap((runId) => {
    const sorted = holds.filter((hold) => hold.runId === runId).toSorted((a, b) => a.from - b.from)
    return sorted.flatMap((hold, index) => {
      const next = sorted[index + 1]
      if (!next || next.fence === hold.fence) return []
      if (next.from >= hold.until && next.fence > hold.fence) return []
      return [
        `${hold.runId} by ${hold.owner} (fence ${hold.fence}) and by ${next.owner} (fence ${next.fence})`,
      ]
    })
  })
}
