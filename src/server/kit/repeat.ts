/** Work that is done again and again. */
export interface Repeated {
  /** Does it in at most so many milliseconds, where it would be done later. */
  within(milliseconds: number): void
  /** Does it no more. Resolves when what is under way is done. */
  stop(): Promise<void>
}

/** What is repeated. */
export interface RepeatOptions {
  /** Does the work and says how long to wait before it is done again, in milliseconds. */
  readonly work: () => Promise<number>
  /** How long to wait after the work failed, in milliseconds. */
  readonly afterFailureMs: number
  /** Told the first failure after a success. */
  readonly onFailed: (error: unknown) => void
  /** Told the first success after a failure. */
  readonly onRecovered: () => void
}

/** Repeats the work from now on, never twice at a time; a failure is told and does not end it. */
export function repeat({ work, afterFailureMs, onFailed, onRecovered }: RepeatOptions): Repeated {
  let isStopped = false
  let isFailing = false
  let wakeAt = 0
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined
  // asked for while the work was under way
  let askedWithin = Infinity

  async function runOnce(): Promise<number> {
    try {
      const wait = await work()
      if (isFailing) onRecovered()
      isFailing = false
      return wait
    } catch (error) {
      if (!isFailing) onFailed(error)
      isFailing = true
      return afterFailureMs
    }
  }

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
      wakeAt = performance.now() + milliseconds
      timer = setTimeout(resolve, milliseconds)
    })
  }

  async function loop(): Promise<void> {
    while (!isStopped) {
      wake = undefined
      askedWithin = Infinity
      const wait = await runOnce()
      if (isStopped) return
      await sleep(Math.min(wait, askedWithin))
    }
  }

  const ended = loop()
  return {
    within(milliseconds) {
      askedWithin = Math.min(askedWithin, milliseconds)
      if (!wake || performance.now() + milliseconds >= wakeAt) return
      clearTimeout(timer)
      wakeAt = performance.now() + milliseconds
      timer = setTimeout(wake, milliseconds)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      wake?.()
      return ended
    },
  }
}
