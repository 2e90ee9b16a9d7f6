/** What has to be undone, the latest first. */
export class Teardown {
  readonly #steps: (() => Promise<void>)[] = []

  /** Adds a step that undoes what was just done. */
  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  /** Takes every step, whatever becomes of the others. Throws the first failure after the last step. */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      await step().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
