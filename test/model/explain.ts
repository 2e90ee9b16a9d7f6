import type { Model } from './modelState.ts'

/** Something that went on: it stops between any two applies, and throws where the answer it got can't be right. */
export type Task = (model: Model) => Generator<undefined, unknown>

/**
 * Finds an order in which the tasks, each apply of them as a whole, make of the model what was found afterwards; returns
 * the model as it is then. Throws where there is none: what happened was not as if one came after the other.
 *
 * @param holds throws where the model is not what was found
 */
export function explain(model: Model, tasks: readonly Task[], holds: (model: Model) => void): Model {
  const failures: Error[] = []
  // orders still to be tried, each by how it begins
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
