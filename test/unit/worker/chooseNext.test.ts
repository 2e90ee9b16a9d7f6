import { describe, expect, test } from 'vitest'
import { chooseNext } from '../../../src/worker/run/chooseNext.ts'
import type { DeclaredWorkflow } from '../../../src/worker/run/declared.ts'

/** A workflow from its edges; a phase without any is where runs end. */
function graph(edges: Readonly<Record<string, readonly string[]>>): DeclaredWorkflow {
  const phases = Object.entries(edges).map(([key, next]) => ({ key, next, final: next.length === 0 }))
  return { name: 'graph', completeRoundAt: null, phases } as unknown as DeclaredWorkflow
}

/** The way through it where no agent ever chooses. */
function walk(workflow: DeclaredWorkflow, from: string): string[] {
  const way = [from]
  for (
    let at = chooseNext(workflow, from, new Set(way));
    at !== null;
    at = chooseNext(workflow, at, new Set(way))
  ) {
    way.push(at)
    if (way.length > 50) throw new Error(`no end: ${way.join(' ')}`)
  }
  return way
}

describe('where no agent chooses', () => {
  test.for([
    ['the only phase that may follow', { a: ['b'], b: [] }, 'a b'],
    ['the first declared', { a: ['c', 'b'], b: [], c: [] }, 'a c'],
    ['not the phase itself', { a: ['a', 'b'], b: [] }, 'a b'],
    ['not a phase that was gone through', { a: ['b'], b: ['a', 'c'], c: [] }, 'a b c'],
    [
      'the nearest end, where all were gone through',
      { a: ['b', 'd'], b: ['c'], c: ['a'], d: [] },
      'a b c a d',
    ],
    [
      'a way out of loops within loops',
      { a: ['b'], b: ['a', 'c'], c: ['b', 'a', 'd'], d: ['c', 'e'], e: [] },
      'a b c d e',
    ],
  ] as const)('%s follows', ([, edges, way]) => {
    expect(walk(graph(edges), 'a').join(' ')).toBe(way)
  })
})
