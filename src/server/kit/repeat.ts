/** A repeated task. */
export interface Repeated {
  /** Moves the next execution forward to at most this many milliseconds from now. */
  within(milliseconds: number): void
  /** Stops repeating. Resolves when a running execution has ended. */
  stop(): Promise<void>
}

/** Options of a repeated task. */
export interface RepeatOptions {
  /** Executes the task. Returns how long to wait before the next execution, in milliseconds. */
  readonly work: () => Promise<number>
  /** How long to wait after a failure, in milliseconds. */
  readonly afterFailureMs: number
  /** Called for the first failure after a success. */
  readonly onFailed: (error: unknown) => void
  /** Called for the first success after a failure. */
  readonly onRecovered: () => void
}

/** Starts repeating a task, never two executions at a time. A failure does not end it. */
export function repeat({ work, afterFailureMs, onFailed, onRecovered }: RepeatOptions): Repeated {
  let isStopped = false
  let isFailing = false
  let wakeAt = 0
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined
  // the earliest call of `within` while an execution was running
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
