/** An observable state, as React's `useSyncExternalStore` takes it. */
export interface Live<State> {
  /** The current state; the same object until it changes. */
  get(): State
  /** Calls the listener after every change. Returns the function that unsubscribes. */
  subscribe(listener: () => void): () => void
}

/** A state that is set from outside. */
export interface Cell<State> extends Live<State> {
  set(next: State): void
}

/** Creates a cell with an initial value. */
export function createCell<State>(initial: State): Cell<State> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    set(next) {
      if (Object.is(next, state)) return
      state = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      const wrapper = () => listener()
      listeners.add(wrapper)
      return () => void listeners.delete(wrapper)
    },
  }
}

/** The work that `createLive` runs until the signal aborts; it reads and updates the state. */
export type Work<State> = (
  signal: AbortSignal,
  update: (change: (state: State) => State) => void,
  get: () => State,
) => Promise<void>

/**
 * Creates a state that is kept up to date by work which runs only while it has listeners. When the last listener leaves
 * the work is stopped, unless another subscribes in the same tick; the state is kept, and later work resumes from it.
 *
 * @param fail returns the state after the work threw an error.
 */
export function createLive<State>(
  initial: State,
  work: Work<State>,
  fail: (state: State, error: unknown) => State,
): Live<State> {
  const cell = createCell(initial)
  let listening = 0
  let running: AbortController | undefined

  function start(): void {
    const controller = new AbortController()
    running = controller
    const update = (change: (state: State) => State) => {
      if (!controller.signal.aborted) cell.set(change(cell.get()))
    }
    work(controller.signal, update, cell.get).catch((error: unknown) => update((state) => fail(state, error)))
  }

  function stopUnlessHeard(): void {
    if (listening > 0) return
    running?.abort()
    running = undefined
  }

  return {
    get: cell.get,
    subscribe(listener) {
      const unsubscribe = cell.subscribe(listener)
      listening += 1
      if (!running) start()
      return () => {
        unsubscribe()
        listening -= 1
        // React may unsubscribe and subscribe again in the same tick.
        setTimeout(stopUnlessHeard)
      }
    },
  }
}
