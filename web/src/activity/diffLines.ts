/** A line of a comparison. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Texts with more edits than this are shown as completely different. */
const MAX_EDITS = 800

/** The smallest number of added and removed lines between two texts (Myers' greedy algorithm). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = toLines(before)
  const b = toLines(after)
  const trace = findTrace(a, b)
  if (!trace)
    return [
      ...a.map((text): DiffLine => ({ kind: 'removed', text })),
      ...b.map((text): DiffLine => ({ kind: 'added', text })),
    ]
  return walkBack(a, b, trace)
}

function toLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

type Frontier = ReadonlyMap<number, number>

/** How far each diagonal is reached with 0, 1, 2 … edits; undefined if that takes more than `MAX_EDITS`. */
function findTrace(a: readonly string[], b: readonly string[]): Frontier[] | undefined {
  const trace: Frontier[] = []
  const reached = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= Math.min(a.length + b.length, MAX_EDITS); edits += 1) {
    trace.push(new Map(reached))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(reached, diagonal, edits)
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1
      reached.set(diagonal, x)
      if (x >= a.length && x - diagonal >= b.length) return trace
    }
  }
  return undefined
}

/** Where a diagonal is entered: from the one above by an added line, or from the one below by a removed line. */
function startOf(reached: Frontier, diagonal: number, edits: number): number {
  const above = reached.get(diagonal + 1) ?? -1
  const below = reached.get(diagonal - 1) ?? -1
  return diagonal === -edits || (diagonal !== edits && below < above) ? above : below + 1
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Frontier[]): DiffLine[] {
  const lines: DiffLine[] = []
  let [x, y] = [a.length, b.length]
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reached = trace[edits] ?? new Map<number, number>()
    const diagonal = x - y
    const above = reached.get(diagonal + 1) ?? -1
    const below = reached.get(diagonal - 1) ?? -1
    const isAdded = diagonal === -edits || (diagonal !== edits && below < above)
    const fromX = isAdded ? above : below
    const fromY = fromX - (isAdded ? diagonal + 1 : diagonal - 1)
    for (; x > fromX && y > fromY; x -= 1, y -= 1) lines.push({ kind: 'same', text: a[x - 1] ?? '' })
    if (edits > 0)
      lines.push(
        isAdded ? { kind: 'added', text: b[fromY] ?? '' } : { kind: 'removed', text: a[fromX] ?? '' },
      )
    ;[x, y] = [fromX, fromY]
  }
  return lines.toReversed()
}
