/** A node of a workflow's graph. */
export interface GraphNode {
  readonly key: string
  readonly next: readonly string[]
}

/** The centre of a node, in pixels. */
export interface PlacedNode {
  readonly key: string
  readonly x: number
  readonly y: number
}

/** A line from one node to another, as an SVG path. */
export interface PlacedEdge {
  readonly from: string
  readonly to: string
  readonly path: string
  /** Whether it leads back to an earlier node. */
  readonly isBack: boolean
}

/** A graph with positions. */
export interface GraphLayout {
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  readonly width: number
  readonly height: number
}

/** Sizes, in pixels. */
export const NODE = { width: 158, height: 50 } as const
const GAP = { x: 30, y: 26, column: 20 } as const
const EDGE = 12
/** Space below a row for edges that lead back. */
const LOOP = 14
/** Space beside a column for edges that skip nodes or lead back. */
const BULGE = 34

/**
 * Lays out a graph in the direction of its edges: a node is placed one step after its last predecessor. Steps run from left to right and,
 * where the width is used up, back on the next row.
 */
export function layoutGraph(nodes: readonly GraphNode[], initial: string, width: number): GraphLayout {
  const steps = findSteps(nodes, initial)
  const byStep = groupBySteps(nodes, steps)
  const perRow = Math.max(1, Math.floor((width - 2 * EDGE + GAP.x) / (NODE.width + GAP.x)))
  const placed = new Map<string, PlacedNode>()
  // One below the other, edges that skip or lead back run beside the nodes and need no space between them.
  const gap = perRow === 1 ? GAP.column : GAP.y + LOOP
  let top = EDGE
  for (let first = 0; first < byStep.length; first += perRow) {
    const row = byStep.slice(first, first + perRow)
    const isReversed = (first / perRow) % 2 === 1
    const tallest = Math.max(...row.map((keys) => keys.length))
    const rowHeight = tallest * (NODE.height + GAP.y) - GAP.y
    row.forEach((keys, index) => {
      const column = isReversed ? perRow - 1 - index : index
      const height = keys.length * (NODE.height + GAP.y) - GAP.y
      keys.forEach((key, place) => {
        placed.set(key, {
          key,
          x: EDGE + column * (NODE.width + GAP.x) + NODE.width / 2,
          y: top + (rowHeight - height) / 2 + place * (NODE.height + GAP.y) + NODE.height / 2,
        })
      })
    })
    top += rowHeight + gap
  }
  const used = Math.max(...[...placed.values()].map(({ x }) => x + NODE.width / 2))
  const bulge = Math.max(EDGE, Math.min(BULGE, width - used - 2))
  const edges = nodes.flatMap(({ key, next }) =>
    next.flatMap((to) => {
      const a = placed.get(key)
      const b = placed.get(to)
      if (!a || !b) return []
      const isBack = (steps.get(to) ?? 0) <= (steps.get(key) ?? 0)
      const isNext = b.y > a.y && b.y - a.y <= NODE.height + GAP.y + LOOP
      const draw = a.key !== b.key && a.x === b.x && !isNext ? drawBeside : isBack ? drawBack : drawForth
      return [{ from: key, to, isBack, path: draw(a, b, bulge) }]
    }),
  )
  return {
    nodes: [...placed.values()],
    edges,
    width: Math.min(width, used + bulge),
    height: top - gap + (perRow > 1 && edges.some(({ isBack }) => isBack) ? LOOP : 0) + EDGE,
  }
}

/** The distance of each node from the initial one: the longest path without loops. */
function findSteps(nodes: readonly GraphNode[], initial: string): ReadonlyMap<string, number> {
  const byKey = new Map(nodes.map((node) => [node.key, node]))
  const steps = new Map<string, number>()
  const onWay = new Set<string>()
  const back = new Set<string>()
  const order: string[] = []
  // Edges to a node of the current path close a loop; without them the graph is acyclic.
  const visit = (key: string) => {
    if (steps.has(key)) return
    steps.set(key, 0)
    onWay.add(key)
    for (const to of byKey.get(key)?.next ?? []) {
      if (onWay.has(to)) back.add(`${key} ${to}`)
      else visit(to)
    }
    onWay.delete(key)
    order.unshift(key)
  }
  visit(initial)
  for (const { key } of nodes) visit(key)
  for (const key of order) {
    for (const to of byKey.get(key)?.next ?? []) {
      if (!back.has(`${key} ${to}`)) steps.set(to, Math.max(steps.get(to) ?? 0, (steps.get(key) ?? 0) + 1))
    }
  }
  return steps
}

function groupBySteps(nodes: readonly GraphNode[], steps: ReadonlyMap<string, number>): string[][] {
  const groups: string[][] = []
  for (const { key } of nodes) (groups[steps.get(key) ?? 0] ??= []).push(key)
  return groups.filter((group) => group !== undefined)
}

function drawForth(a: PlacedNode, b: PlacedNode): string {
  const isSameRow = Math.abs(a.y - b.y) < NODE.height * 3
  if (a.x !== b.x && isSameRow) {
    const side = Math.sign(b.x - a.x)
    const [ax, bx] = [a.x + (side * NODE.width) / 2, b.x - (side * NODE.width) / 2]
    const middle = (ax + bx) / 2
    return `M${ax} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${bx} ${b.y}`
  }
  const [ay, by] = [a.y + NODE.height / 2, b.y - NODE.height / 2]
  const middle = (ay + by) / 2
  return `M${a.x} ${ay}C${a.x} ${middle} ${b.x} ${middle} ${b.x} ${by}`
}

/** Draws the edge to the right of its nodes, past those between them. */
function drawBeside(a: PlacedNode, b: PlacedNode, bulge: number): string {
  const right = a.x + NODE.width / 2
  const far = right + bulge * 1.25
  return `M${right} ${a.y}C${far} ${a.y} ${far} ${b.y} ${right} ${b.y}`
}

/** Draws the edge below the nodes, apart from the edges that lead forward. */
function drawBack(a: PlacedNode, b: PlacedNode): string {
  if (a.key === b.key) {
    const [x, y] = [a.x, a.y + NODE.height / 2]
    return `M${x + 24} ${y}C${x + 24} ${y + 24} ${x - 24} ${y + 24} ${x - 24} ${y}`
  }
  const bottom = Math.max(a.y, b.y) + NODE.height / 2
  const low = bottom + 24
  return `M${a.x} ${a.y + NODE.height / 2}C${a.x} ${low} ${b.x} ${low} ${b.x} ${b.y + NODE.height / 2}`
}
