import type { Model } from './modelState.ts'

/** Something that went on: it stops between any two applies, and throws where the answer it got can't be right. */
export type Task = (model: Model) => Generator<undefined, unknown>

/**
 * Finds an order of the tasks' atomic applies that takes the model to the stored state, and returns that model. Throws
 * if none exists: the execution was not serializable.
 *
 * @param holds throws if the model differs from the stored state
 */
export function explain(model: Model, tasks: readonly Task[], holds: (model: Model) => void): Model {
  const failures: Error[] = []
  // Orders still to be tried, each by its prefix.
  const beginnings: (readonly number[])[] = [[]]
  for (let begun = beginnings.pop(); begun; begun = beginnings.pop()) {
    const tried = structuredClone(model)
    try {
      follow(tried, tasks, begun, (other) => beginnings.push(other))
      holds(tried)
      return tried
    } catch (error) {
      failures.push(error as Error)
    }
  }
  const [only, ...others] = failures
  if (only && others.length === 0) throw only
  const said = failures.slice(0, 8).map(({ message }) => message)
  throw new Error(`none of ${failures.length} orders explains what was found:\n${said.join('\n---\n')}`)
}

/** Goes on as an order begins, then one task after the other; tells of the orders it leaves out on the way. */
function follow(
  model: Model,
  tasks: readonly Task[],
  begun: readonly number[],
  leaveOut: (order: readonly number[]) => void,
): void {
  const running = tasks.map((task) => task(model))
  const open = new Set(tasks.keys())
  const order: number[] = []
  let last: number | undefined
  while (open.size > 0) {
    const chosen: number =
      begun[order.length] ?? (last !== undefined && open.has(last) ? last : [...open][0]) ?? 0
    if (order.length >= begun.length)
      for (const other of open) if (other !== chosen) leaveOut([...order, other])
    order.push(chosen)
    last = chosen
    if (running[chosen]?.next().done) open.delete(chosen)
  }
}
