/** Something that can be looked at, and listened to: what React's `useSyncExternalStore` takes. */
export interface Live<State> {
  /** The present state; the same object as long as nothing is different. */
  get(): State
  /** Calls the listener after every difference. Returns what ends that. */
  subscribe(listener: () => void): () => void
}

/** A state that is set from outside. */
export interface Cell<State> extends Live<State> {
  set(next: State): void
}

/** A cell that holds a value until it is given another. */
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

/** What `createLive` runs: it works until the signal aborts, looks at the state, and tells what is different. */
export type Work<State> = (
  signal: AbortSignal,
  update: (change: (state: State) => State) => void,
  get: () => State,
) => Promise<void>

/**
 * A state that is kept up to date by work which is done only while somebody listens. When the last listener has gone the work
 * is stopped, unless another comes in the same moment; the state stays, and the work goes on from it.
 *
 * @param fail makes a state of what the work threw.
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
        // React takes its listeners off and puts them on again within one moment.
        setTimeout(stopUnlessHeard)
      }
    },
  }
}
