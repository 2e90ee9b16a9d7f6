import type { FoldedEntry } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILTIN_WORKFLOWS } from '../../../src/lifecycle/workflow/builtins.ts'
import { formatAge, formatSize } from '../../../web/src/elements/time.ts'
import { type GraphNode, layoutGraph, NODE } from '../../../web/src/run/layoutGraph.ts'
import { addRows, NO_ROWS } from '../../../web/src/run/transcriptRows.ts'

describe('a transcript', () => {
  const at = '2026-01-01T00:00:00Z'
  const common = { at, key: null, updates: null, lastSeq: 1, updatedAt: at }
  const toEntries = (texts: readonly string[]): FoldedEntry[] =>
    texts.map((text, index) => ({ ...common, kind: 'OUTPUT', stream: 'STDOUT', seq: index + 1, text }))
  const linesOf = ({ rows }: typeof NO_ROWS) => rows.map((row) => ('line' in row ? row.line : row.place))
  const read = (...texts: string[]) => linesOf(addRows(NO_ROWS, toEntries(texts)))

  it('has the same lines however it comes in pieces', () => {
    const words = fc.array(fc.constantFrom('word', ' ', '\n', 'ü', '\t'), { maxLength: 30 })
    fc.assert(
      fc.property(words, (pieces) => {
        let known = NO_ROWS
        pieces.forEach((_, index) => (known = addRows(known, toEntries(pieces.slice(0, index + 1)))))
        expect(linesOf(known)).toEqual(pieces.length === 0 ? [] : pieces.join('').split('\n'))
      }),
    )
  })

  it('shows no colours, and of what was written over the last', () => {
    expect(read('\u001B[1;32mok\u001B[0m done\n\u001B]0;title\u0007next')).toEqual(['ok done', 'next'])
    expect(read('10 %\r50 %\r100 %\r\nend')).toEqual(['100 %', 'end'])
  })

  it('shows entries between the lines of output, and standard error apart', () => {
    const message: FoldedEntry = { ...common, kind: 'MESSAGE', seq: 2, text: 'hello' }
    const [first, second] = toEntries(['a\n', 'b'])
    const error: FoldedEntry = { ...common, kind: 'OUTPUT', stream: 'STDERR', seq: 4, text: 'oh' }
    if (!first || !second) throw new Error('there are two')
    const { rows } = addRows(NO_ROWS, [first, message, second, error])
    expect(rows).toEqual([
      { line: 'a', stream: 'STDOUT' },
      { place: 1 },
      { line: 'b', stream: 'STDOUT' },
      { line: 'oh', stream: 'STDERR' },
    ])
  })
})

describe('the graph', () => {
  const layoutOf = (name: string, width: number) => {
    const workflow = BUILTIN_WORKFLOWS.find((workflow) => workflow.name === name)
    if (!workflow) throw new Error(`no workflow ${name}`)
    return layoutGraph(workflow.phases, workflow.initialPhase, width)
  }

  it('keeps within the width, and puts no node upon another', () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const graphs = fc.tuple(...keys.map((key) => fc.subarray(keys).map((next): GraphNode => ({ key, next }))))
    fc.assert(
      fc.property(graphs, fc.integer({ min: 200, max: 2_000 }), (nodes, width) => {
        const layout = layoutGraph(nodes, 'a', width)
        expect(layout.nodes.map(({ key }) => key).toSorted()).toEqual(keys)
        expect(layout.width).toBeLessThanOrEqual(width)
        for (const { x, y } of layout.nodes) {
          expect(x - NODE.width / 2).toBeGreaterThanOrEqual(0)
          expect(y + NODE.height / 2).toBeLessThanOrEqual(layout.height)
          const close = layout.nodes.filter(
            (other) => Math.abs(other.x - x) < NODE.width && Math.abs(other.y - y) < NODE.height,
          )
          expect(close).toHaveLength(1)
        }
        expect(layout.edges).toHaveLength(nodes.reduce((sum, { next }) => sum + next.length, 0))
      }),
    )
  })

  it('reads from left to right, and tells what leads back', () => {
    const { nodes, edges } = layoutOf('delivery', 1_200)
    const x = Object.fromEntries(nodes.map((node) => [node.key, node.x]))
    expect(['plan', 'build', 'verify', 'done'].toSorted((a, b) => (x[a] ?? 0) - (x[b] ?? 0))).toEqual([
      'plan',
      'build',
      'verify',
      'done',
    ])
    expect(edges.filter(({ isBack }) => isBack).map(({ from, to }) => [from, to])).toEqual([
      ['verify', 'build'],
    ])
  })

  it('winds down where there is little room', () => {
    const { nodes } = layoutOf('review', 300)
    expect(new Set(nodes.map(({ x }) => x)).size).toBe(1)
    expect(nodes.map(({ y }) => y)).toEqual(nodes.map(({ y }) => y).toSorted((a, b) => a - b))
  })
})

describe('words for numbers', () => {
  it.each([
    [-5, '0s'],
    [12_900, '12s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [7_500_000, '2h 5m'],
    [3 * 86_400_000, '3d'],
  ])('%d ms are %s', (milliseconds, words) => expect(formatAge(milliseconds)).toBe(words))

  it.each([
    [812, '812 B'],
    [4_300, '4.2 KiB'],
    [3 * 1024 * 1024, '3.0 MiB'],
  ])('%d bytes are %s', (bytes, words) => expect(formatSize(bytes)).toBe(words))
})
