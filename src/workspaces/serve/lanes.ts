/** A queue that runs work of the same name sequentially, and work of several names concurrently. */
export class Lanes {
  readonly #limit: number
  readonly #lanes = new Map<string, (() => Promise<void>)[]>()
  /** Names whose work has not been started, in order of arrival. */
  readonly #waiting: string[] = []
  #busy = 0
  #onIdle: (() => void)[] = []

  /** @param limit how many names are served concurrently */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Enqueues work. It must not throw. */
  add(name: string, work: () => Promise<void>): void {
    const lane = this.#lanes.get(name)
    if (lane) return void lane.push(work)
    this.#lanes.set(name, [work])
    this.#waiting.push(name)
    this.#next()
  }

  /** Discards all work that has not started. */
  clear(): void {
    for (const name of this.#waiting.splice(0)) this.#lanes.delete(name)
    for (const lane of this.#lanes.values()) lane.splice(0)
  }

  /** Resolves when no work is left. */
  async idle(): Promise<void> {
    if (this.#lanes.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #next(): void {
    while (this.#busy < this.#limit) {
      const name = this.#waiting.shift()
      if (name === undefined) return
      this.#busy += 1
      void this.#follow(name)
    }
  }

  async #follow(name: string): Promise<void> {
    const lane = this.#lanes.get(name) ?? []
    for (let work = lane.shift(); work; work = lane.shift()) await work()
    this.#lanes.delete(name)
    this.#busy -= 1
    this.#next()
    if (this.#lanes.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}
