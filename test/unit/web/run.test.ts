import type { FoldedEntry, RunEvent, RunEventPayloads } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILTIN_WORKFLOWS } from '../../../src/lifecycle/workflow/builtins.ts'
import { formatAge, formatLength, formatSize } from '../../../web/src/elements/time.ts'
import { type GraphNode, layoutGraph, NODE } from '../../../web/src/run/layoutGraph.ts'
import { conversationText, findPlace } from '../../../web/src/run/conversation/findPlace.ts'
import { findMarks, type Mark } from '../../../web/src/run/conversation/marks.ts'
import { addRows, NO_ROWS, type Rows } from '../../../web/src/run/conversation/rows.ts'
import { toLogLines } from '../../../web/src/run/log/logLines.ts'
import { toLanes } from '../../../web/src/run/timeline/bars.ts'
import { findTicks, placeBars, sumOf } from '../../../web/src/run/timeline/scale.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const timeOf = (seconds: number) => new Date(START + seconds * 1_000).toISOString()

/** An event of a log, so many seconds after its beginning. */
function event<Type extends keyof RunEventPayloads>(
  seq: number,
  seconds: number,
  type: Type,
  payload: Partial<RunEventPayloads[Type]>,
): RunEvent {
  const actor = { kind: 'PRINCIPAL', principalId: null, name: 'ann' }
  const common = { id: `evt_${seq}`, runId: 'run_1', epoch: 1, summary: `${type} happened.` }
  return { ...common, seq, type, payload, actor, at: timeOf(seconds) } as unknown as RunEvent
}

describe('a conversation', () => {
  const at = timeOf(0)
  const common = { at, key: null, updates: null, lastSeq: 1, updatedAt: at }
  const toEntries = (texts: readonly string[]): FoldedEntry[] =>
    texts.map((text, index) => ({ ...common, kind: 'OUTPUT', stream: 'STDOUT', seq: index + 1, text }))
  const NO_MARKS: readonly Mark[] = []
  const linesOf = ({ rows }: Rows) => rows.map((row) => (row.kind === 'line' ? row.text : row.place))
  const readRows = (...texts: string[]) => addRows(NO_ROWS, toEntries(texts), NO_MARKS)

  it('has the same lines however it comes in pieces', () => {
    const words = fc.array(fc.constantFrom('word', ' ', '\n', 'ü', '\t', '\u001B[3', '1m'), { maxLength: 30 })
    fc.assert(
      fc.property(words, (pieces) => {
        let known = NO_ROWS
        pieces.forEach(
          (_, index) => (known = addRows(known, toEntries(pieces.slice(0, index + 1)), NO_MARKS)),
        )
        const whole = readRows(pieces.join(''))
        expect(linesOf(known)).toEqual(pieces.length === 0 ? [] : linesOf(whole))
        const looks = ({ rows }: Rows) => rows.map((row) => (row.kind === 'line' ? row.parts : []))
        expect(looks(known)).toEqual(pieces.length === 0 ? [] : looks(whole))
      }),
    )
  })

  it('shows colours, across lines, and not what was written over', () => {
    const { rows } = readRows('\u001B[1;32mok\u001B[0m done\n\u001B]0;title\u0007\u001B[31mnext\nmore')
    const parts = rows.map((row) => (row.kind === 'line' ? row.parts : []))
    expect(parts).toEqual([
      [
        { text: 'ok', className: 'ansi-green ansi-bold' },
        { text: ' done', className: '' },
      ],
      [{ text: 'next', className: 'ansi-red' }],
      [{ text: 'more', className: 'ansi-red' }],
    ])
    expect(linesOf(readRows('10 %\r50 %\r100 %\r\nend'))).toEqual(['100 %', 'end'])
    const [line] = readRows('\u001B[38;5;196mred\u001B[38;2;10;200;20mgreen\u001B[48;5;250mgrey').rows
    expect(line?.kind === 'line' && line.parts.map(({ className }) => className)).toEqual([
      'ansi-red',
      'ansi-green',
      'ansi-green',
    ])
  })

  it('shows entries between the lines of output, and standard error apart', () => {
    const message: FoldedEntry = { ...common, kind: 'MESSAGE', seq: 2, text: 'hello' }
    const [first, second] = toEntries(['a\n', 'b'])
    const error: FoldedEntry = { ...common, kind: 'OUTPUT', stream: 'STDERR', seq: 4, text: 'oh' }
    if (!first || !second) throw new Error('there are two')
    const entries = [first, message, { ...second, seq: 3 }, error]
    const { rows } = addRows(NO_ROWS, entries, NO_MARKS)
    expect(rows).toMatchObject([
      { kind: 'line', text: 'a', number: 1, place: '1', stream: 'STDOUT' },
      { kind: 'entry', index: 1, place: '2' },
      { kind: 'line', text: 'b', number: 2, place: '3' },
      { kind: 'line', text: 'oh', number: 3, stream: 'STDERR' },
    ])
    expect(conversationText(rows, entries)).toBe(`a\n\n[${at}] MESSAGE\nhello\n\nb\noh`)
  })

  it('has prompts and what persons said where they were sent, also those that come late', () => {
    const entries = toEntries(['a\n', 'b\n']).map((entry, index) => ({ ...entry, at: timeOf(index * 10) }))
    const prompt = { sessionId: 'ses_1', phase: 'plan', dedupKey: 'k', attempt: 1 }
    const events = [
      event(1, 0, 'PROMPT_SENDING', prompt),
      event(2, 1, 'PROMPT_SENT', prompt),
      event(3, 2, 'PROMPT_SENDING', { ...prompt, sessionId: 'ses_2', dedupKey: 'l' }),
      event(4, 5, 'MESSAGE_SENT', { text: 'hold on' }),
    ]
    const marks = findMarks(events, 'ses_1')
    expect(marks.map(({ seq }) => seq)).toEqual([1, 4])
    const early = addRows(NO_ROWS, entries, marks.slice(0, 1))
    const rows = addRows(early, entries, marks)
    expect(rows.rows.map(({ place }) => place)).toEqual(['e1', '1', 'e4', '2', '2.1'])
    expect(addRows(NO_ROWS, entries, marks).rows).toEqual(rows.rows)
    const late = addRows(addRows(NO_ROWS, [], marks), entries.slice(0, 1), marks)
    expect(late.rows.map(({ place }) => place)).toEqual(['e1', '1', 'e4'])
    expect(addRows(late, entries, marks).rows).toEqual(rows.rows)
    expect(findPlace(rows.rows, 'e4')).toBe(2)
    expect(findPlace(rows.rows, timeOf(3))).toBe(2)
    expect(findPlace(rows.rows, '99')).toBe(-1)
  })
})

describe('a timeline', () => {
  const phase = { id: 'pha_1', phase: 'plan', round: 1, attempt: 1 }
  const closed = {} as RunEventPayloads['RUN_COMPLETED']['closed']
  const events = [
    event(1, 0, 'RUN_CREATED', {}),
    event(2, 0, 'ROUND_OPENED', { round: 1 }),
    event(3, 10, 'RUN_CLAIMED', { owner: 'builder' }),
    event(4, 10, 'PHASE_STARTED', phase),
    event(5, 11, 'SESSION_OPENED', { id: 'ses_1', role: 'planner', adapter: 'acp' }),
    event(6, 12, 'PROMPT_SENT', { ...phase, sessionId: 'ses_1', dedupKey: 'a' }),
    event(7, 19, 'SESSION_CHANGED', { id: 'ses_1', from: 'BUSY', to: 'READY' }),
    event(8, 20, 'PHASE_FAILED', {
      ...phase,
      error: { class: 'WORK', code: 'X', message: 'no', hint: null },
    } as never),
    event(9, 20, 'PHASE_STARTED', { ...phase, attempt: 2 }),
    event(10, 25, 'APPROVAL_REQUESTED', { id: 'app_1', question: 'Build it?' }),
    event(11, 30, 'APPROVAL_REQUESTED', { id: 'app_2', question: 'And that?' }),
    event(12, 40, 'APPROVAL_DECIDED', { id: 'app_1', decision: 'APPROVE', comment: null }),
  ]
  const barsOf = (all: readonly RunEvent[]) =>
    toLanes(all).map(({ group, label, bars }) => [
      `${group}: ${label}`,
      ...bars.map(({ from, to, end }) => [
        (from - START) / 1_000,
        to === null ? null : (to - START) / 1_000,
        end,
      ]),
    ])

  it('has bars for what lasted, in lanes, and open ones for what lasts', () => {
    expect(barsOf(events)).toEqual([
      ['Rounds: All', [0, null, '']],
      ['Phases: plan', [10, 20, 'failed: no'], [20, null, '']],
      ['Agents: planner', [11, null, ''], [12, 19, 'done']],
      ['Waits: For an owner', [0, 10, 'builder took it']],
      ['Waits: For a person', [25, 40, 'approve by ann'], [30, null, '']],
    ])
    expect(toLanes(events)[1]?.bars.map(({ sessionId }) => sessionId)).toEqual(['ses_1', undefined])
  })

  it('ends every bar with the run', () => {
    const bars = toLanes([...events, event(13, 50, 'RUN_COMPLETED', { output: null, closed })]).flatMap(
      ({ bars }) => bars,
    )
    expect(bars.filter(({ to }) => to === null)).toEqual([])
  })

  it('puts what overlaps into rows of its own, draws what is short large enough, and sums what is in front', () => {
    const lanes = toLanes(events)
    const waits = lanes.find(({ label }) => label === 'For a person')
    const agents = lanes.find(({ label }) => label === 'planner')
    if (!waits || !agents) throw new Error('both are there')
    const axis = { start: START, length: 60_000, least: 2_000 }
    expect(placeBars(waits, axis).map((row) => row.length)).toEqual([1, 1])
    expect(placeBars(agents, axis).map((row) => row.length)).toEqual([1])
    expect(placeBars(agents, { ...axis, least: 10_000 })[0]?.[0]).toMatchObject({
      drawnFrom: 12_000,
      drawnTo: 22_000,
    })
    expect(sumOf(agents, START + 60_000)).toBe(7_000)
  })

  it('draws turns of an agent as one that are too close to be told apart', () => {
    const turns = [20, 21, 50].map((seconds, index) => [
      event(20 + 2 * index, seconds, 'PROMPT_SENT', { ...phase, sessionId: 'ses_1', dedupKey: `t${index}` }),
      event(21 + 2 * index, seconds + 0.5, 'SESSION_CHANGED', { id: 'ses_1', from: 'BUSY', to: 'READY' }),
    ])
    const lane = toLanes([...events, ...turns.flat()]).find(({ label }) => label === 'planner')
    if (!lane) throw new Error('it is there')
    const [row = []] = placeBars(lane, { start: START, length: 60_000, least: 3_000 })
    expect(row.map(({ count, drawnFrom, drawnTo }) => [count, drawnFrom, drawnTo])).toEqual([
      [1, 12_000, 19_000],
      [2, 20_000, 24_000],
      [1, 50_000, 53_000],
    ])
  })

  it('has marks at whole units, and not many', () => {
    expect(findTicks(9_000)).toEqual([0, 2_000, 4_000, 6_000, 8_000])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (length) => {
        const ticks = findTicks(length)
        expect(ticks.length).toBeLessThanOrEqual(7)
        expect(ticks.at(-1)).toBeLessThanOrEqual(length)
      }),
    )
  })

  it('tells its events by attempt of a phase and by day, the newest first, as far as they are not folded', () => {
    const late = event(13, 86_400 * 2, 'PHASE_COMPLETED', { ...phase, attempt: 2 })
    const shape = (folded: ReadonlySet<number>, wanted = '') =>
      toLogLines([...events, late], wanted, folded).map((line) =>
        line.kind === 'event' ? line.event.seq : line.kind === 'phase' ? line.title : line.kind,
      )
    expect(shape(new Set([4]))).toEqual([
      'plan, attempt 2',
      ...['day', 13, 'day', 12, 11, 10, 9],
      'plan',
      'Before the first phase',
      ...[3, 2, 1],
    ])
    expect(shape(new Set(), 'phase_failed')).toEqual(['plan', 'day', 8])
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
    [999, '0s'],
    [90_000, '1m 30s'],
    [120_000, '2m'],
    [7_500_000, '2h 5m'],
    [3 * 86_400_000 + 4 * 3_600_000, '3d 4h'],
    [3 * 86_400_000 + 5_000, '3d'],
  ])('what lasted %d ms lasted %s', (milliseconds, words) => expect(formatLength(milliseconds)).toBe(words))

  it.each([
    [812, '812 B'],
    [4_300, '4.2 KiB'],
    [3 * 1024 * 1024, '3.0 MiB'],
  ])('%d bytes are %s', (bytes, words) => expect(formatSize(bytes)).toBe(words))
})
