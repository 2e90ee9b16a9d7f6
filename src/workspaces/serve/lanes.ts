/** Work that is done one after the other for the same name, and for several names at once. */
export class Lanes {
  readonly #limit: number
  readonly #lanes = new Map<string, (() => Promise<void>)[]>()
  /** Names with work that nobody does yet, in the order in which it came. */
  readonly #waiting: string[] = []
  #busy = 0
  #onIdle: (() => void)[] = []

  /** @param limit for how many names at once */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Does something when its turn has come. It may not throw. */
  add(name: string, work: () => Promise<void>): void {
    const lane = this.#lanes.get(name)
    if (lane) return void lane.push(work)
    this.#lanes.set(name, [work])
    this.#waiting.push(name)
    this.#next()
  }

  /** Forgets all work that was not begun. */
  clear(): void {
    for (const name of this.#waiting.splice(0)) this.#lanes.delete(name)
    for (const lane of this.#lanes.values()) lane.splice(0)
  }

  /** Resolves when there is no work left. */
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
