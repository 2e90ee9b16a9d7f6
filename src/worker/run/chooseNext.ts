import { findDeclaredPhase } from './declared.ts'
import type { DeclaredPhase, DeclaredWorkflow } from './declared.ts'

/**
 * Chooses the next phase when the agent has not chosen one: the first declared successor not yet visited in this round,
 * otherwise the successor nearest to an end. So a round reaches its end whatever loops the graph has.
 *
 * @param visited keys of the phases visited in this round
 * @returns null if no phase can follow
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

/** Number of steps from each phase to the nearest end of the graph. */
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
