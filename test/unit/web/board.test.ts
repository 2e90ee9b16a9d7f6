import type { Outcome, RunStatus } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readView, writeView } from '../../../web/src/board/boardView.ts'
import { COLUMNS, filterOfColumn } from '../../../web/src/board/columns.ts'
import { readFilter, writeFilter } from '../../../web/src/board/filters.ts'
import { FIELDS, sortRuns } from '../../../web/src/board/table/fields.ts'
import { matchesFilter } from '../../../sdk/react/filter.ts'
import { findInputFields, readInput } from '../../../web/src/start/inputFields.ts'
import { makeRun } from '../sdk/words.ts'

const STATUSES: RunStatus[] = [
  'QUEUED',
  'RUNNING',
  'AWAITING_APPROVAL',
  'PAUSED',
  'CANCELLING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
]
/** What a run of a status may have come to. */
const OUTCOMES: Partial<Record<RunStatus, Outcome[]>> = {
  COMPLETED: ['SUCCESS'],
  FAILED: ['FAILED', 'INCOMPLETE'],
  CANCELLED: ['CANCELLED'],
  EXPIRED: ['INCOMPLETE'],
}
const ALL = STATUSES.flatMap((status) =>
  (OUTCOMES[status] ?? [null]).map((outcome) => makeRun({ status, outcome })),
)
const text = fc.string({ minLength: 1, maxLength: 12 }).map((word) => word.replaceAll(/\s|,/g, '') || 'x')
const some = <Word extends string>(words: readonly Word[]) => fc.subarray([...words], { minLength: 1 })

describe('the columns', () => {
  it('have one place for every run, whatever it came to', () => {
    for (const run of ALL) {
      const places = COLUMNS.filter((column) => matchesFilter(run, filterOfColumn(column, {}) ?? {}))
      expect(places, `${run.status} ${run.outcome}`).toHaveLength(1)
    }
  })

  it('show what a filter lets through, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            statuses: some(STATUSES),
            outcomes: some<Outcome>(['SUCCESS', 'INCOMPLETE', 'FAILED', 'CANCELLED']),
          },
          { requiredKeys: [] },
        ),
        (filter) => {
          for (const run of ALL) {
            const places = COLUMNS.filter((column) => {
              const own = filterOfColumn(column, filter)
              return own !== null && matchesFilter(run, own)
            })
            expect(places.length).toBe(matchesFilter(run, filter) ? 1 : 0)
          }
        },
      ),
    )
  })
})

describe('an address', () => {
  it('carries every filter there and back', () => {
    const filters = fc.record(
      {
        statuses: some(STATUSES),
        outcomes: some<Outcome>(['SUCCESS', 'INCOMPLETE', 'FAILED', 'CANCELLED']),
        workflow: text,
        project: text,
        text,
        labels: fc.array(text, { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(filters, (filter) => {
        const address = new URL(writeFilter(filter), 'http://pawl')
        expect(readFilter(address.search)).toEqual(filter)
      }),
    )
  })

  it('of nonsense filters nothing', () => {
    expect(readFilter('?status=NO,toString&outcome=&text=%20&label=&what=ever')).toEqual({})
    expect(writeFilter({ text: '', labels: [], statuses: [] })).toBe('/')
  })
})

describe('a view of the board', () => {
  it('is its address', () => {
    const fields = some(FIELDS.map(({ key }) => key))
    const views = fc.record({
      filter: fc.record({ text, project: text }, { requiredKeys: [] }),
      isTable: fc.boolean(),
      open: fc.subarray(['completed', 'cancelled']),
      column: fc.option(fc.constantFrom('queued', 'failed'), { nil: undefined }),
      fields,
      sort: fc.record({
        field: fc.constantFrom(...FIELDS.map(({ key }) => key)),
        isDescending: fc.boolean(),
      }),
    })
    fc.assert(
      fc.property(views, (view) => {
        expect(readView(new URL(writeView(view), 'http://pawl').search)).toEqual(view)
      }),
    )
    expect(writeView(readView('?view=no&open=what&column=x&fields=,&sort=-nothing'))).toBe('/')
  })

  it('sorts runs by a field, and equal ones by their ids', () => {
    const runs = [
      makeRun({ id: 'run_3', title: 'b' }),
      makeRun({ id: 'run_1', title: 'B' }),
      makeRun({ id: 'run_2', title: 'a' }),
    ]
    const sorted = (isDescending: boolean) =>
      sortRuns(runs, { field: 'title', isDescending }).map(({ id }) => id)
    expect(sorted(false)).toEqual(['run_2', 'run_1', 'run_3'])
    expect(sorted(true)).toEqual(['run_3', 'run_1', 'run_2'])
  })
})

describe('the form that starts a run', () => {
  it('has the fields that prompts speak of, once each', () => {
    const phases = [
      { prompt: 'Fix {{input.issue}} of {{title}}' },
      { prompt: '{{ input.branch }}: {{input.issue}}' },
    ]
    expect(findInputFields({ phases }).map(({ name, kind }) => [name, kind])).toEqual([
      ['issue', 'text'],
      ['branch', 'text'],
    ])
    expect(findInputFields(undefined)).toEqual([])
  })

  it('makes one input of fields and JSON, and says where they are none', () => {
    const none = [] as const
    const a = { name: 'a', label: 'a', hint: '', kind: 'text', choices: [], isRequired: false } as const
    expect(readInput([a, { ...a, name: 'b' }], { a: 'x', b: ' ' }, '{"c": 1}')).toEqual({
      ok: true,
      input: { c: 1, a: 'x' },
    })
    expect(readInput(none, {}, '[1]')).toEqual({ ok: true, input: [1] })
    expect(readInput([a], { a: '' }, ' ')).toEqual({ ok: true, input: undefined })
    expect(readInput([a], { a: 'x' }, '[1]')).toMatchObject({ ok: false })
    expect(readInput(none, {}, '{')).toMatchObject({ ok: false })
  })

  it('has the fields of a schema with their kinds, and leaves what is no field to JSON', () => {
    const inputSchema = {
      required: ['pr'],
      properties: {
        pr: { type: 'integer', title: 'Pull request', description: 'Its number.' },
        mode: { enum: ['quick', 'deep'] },
        draft: { type: 'boolean' },
        files: { type: 'array' },
      },
    }
    const fields = findInputFields({ inputSchema, phases: [{ prompt: '{{input.other}}' }] })
    expect(fields).toMatchObject([
      { name: 'pr', label: 'Pull request', hint: 'Its number.', kind: 'number', isRequired: true },
      { name: 'mode', label: 'mode', kind: 'choice', choices: ['quick', 'deep'], isRequired: false },
      { name: 'draft', kind: 'boolean', isRequired: false },
    ])
    expect(readInput(fields, { pr: '31', mode: 'deep', draft: 'false' }, '{"files": ["a"]}')).toEqual({
      ok: true,
      input: { files: ['a'], pr: 31, mode: 'deep', draft: false },
    })
    expect(readInput(fields, { pr: 'no number' }, '')).toEqual({ ok: true, input: { pr: 'no number' } })
  })
})

describe('what matches a filter', () => {
  const run = makeRun({
    id: 'run_01abc',
    title: 'Fix the Parser',
    labels: ['a', 'b'],
    project: 'web',
    createdAt: '2026-01-02T00:00:00Z',
  })
  it.each([
    [{ text: 'parser' }, true],
    [{ text: 'RUN_01A' }, true],
    [{ text: '01a' }, false],
    [{ labels: ['b', 'a'] }, true],
    [{ labels: ['a', 'c'] }, false],
    [{ workflow: 'review', project: 'web' }, true],
    [{ workflow: 'map' }, false],
    [{ createdAt: { after: '2026-01-01T00:00:00Z', before: '2026-01-03T00:00:00Z' } }, true],
    [{ createdAt: { after: '2026-01-02T00:00:00Z' } }, false],
    [{ statuses: null, outcomes: null, text: null }, true],
  ])('%o: %s', (filter, isMatch) => {
    expect(matchesFilter(run, filter)).toBe(isMatch)
  })

  it('is nothing that is not known of the run', () => {
    expect(matchesFilter({ id: 'run_02', revision: 1, asOf: '' }, { project: 'web' })).toBe(false)
    expect(matchesFilter({ id: 'run_02', revision: 1, asOf: '' }, { text: 'parser' })).toBe(false)
  })
})
