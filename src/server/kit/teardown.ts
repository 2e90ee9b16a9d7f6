/** Cleanup steps, executed in reverse order. */
export class Teardown {
  readonly #steps: (() => Promise<void>)[] = []

  /** Adds a step. */
  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  /** Executes every step, even if others fail. Then throws the first failure, if any. */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      await step().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
