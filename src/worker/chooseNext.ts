import { findDeclaredPhase } from './run/declared.ts'
import type { DeclaredPhase, DeclaredWorkflow } from './run/declared.ts'

/**
 * The phase to go on to where the agent has not chosen: the only one that may follow, else the first declared that this round has
 * not been at, else the one from which an end is nearest. So a round comes to its end, whatever loops its graph has.
 *
 * @param visited keys of the phases that this round has been at
 * @returns null where nothing can follow
 */
export function chooseNext(
  workflow: DeclaredWorkflow,
  from: string,
  visited: ReadonlySet<string>,
): string | null {
  const { next } = findDeclaredPhase(workflow, from)
  const fresh = next.find((key) => key !== from && !visited.has(key))
  if (fresh !== undefined) return fresh
  const steps = stepsToEnd(workflow)
  const [nearest] = next.toSorted((a, b) => (steps.get(a) ?? Infinity) - (steps.get(b) ?? Infinity))
  return nearest ?? null
}

/** How many steps lead from each phase to an end of the graph. */
function stepsToEnd({ phases }: DeclaredWorkflow): Map<string, number> {
  const steps = new Map(phases.filter(isEnd).map(({ key }) => [key, 0]))
  for (const [key, count] of steps) {
    const leading = phases.filter((phase) => phase.next.includes(key) && !steps.has(phase.key))
    for (const phase of leading) steps.set(phase.key, count + 1)
  }
  return steps
}

function isEnd({ final, next }: DeclaredPhase): boolean {
  return final || next.length === 0
}
