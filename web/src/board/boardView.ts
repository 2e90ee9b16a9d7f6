import type { RunFilter } from '@pawl/sdk'
import { COLUMNS } from './columns.ts'
import { readFilter, writeFilter } from './filters.ts'
import { DEFAULT_FIELDS, FIELDS, type FieldKey } from './table/fields.ts'

/** What the board shows, and how: all of it is part of the address. */
export interface BoardView {
  readonly filter: RunFilter
  readonly isTable: boolean
  /** Keys of columns that are shown though they are over. */
  readonly open: readonly string[]
  /** Key of the column that a narrow screen shows; undefined for the first one with runs. */
  readonly column: string | undefined
  /** The fields of the table, in their order. */
  readonly fields: readonly FieldKey[]
  readonly sort: { readonly field: FieldKey; readonly isDescending: boolean }
}

const DEFAULT_SORT: BoardView['sort'] = { field: 'created', isDescending: true }

/** Reads a view from an address; unknown values are ignored. */
export function readView(search: string): BoardView {
  const parameters = new URLSearchParams(search)
  const list = (name: string) => (parameters.get(name) ?? '').split(',')
  const isColumn = (key: string) => COLUMNS.some((column) => column.key === key)
  const fields = list('fields').filter(isField)
  const sort = parameters.get('sort') ?? ''
  const sorted = sort.replace(/^-/, '')
  return {
    filter: readFilter(search),
    isTable: parameters.get('view') === 'table',
    open: list('open').filter(isColumn),
    column: list('column').find(isColumn),
    fields: fields.length > 0 ? fields : DEFAULT_FIELDS,
    sort: isField(sorted) ? { field: sorted, isDescending: sort.startsWith('-') } : DEFAULT_SORT,
  }
}

/** The address of a view, as `readView` reads it. */
export function writeView({ filter, isTable, open, column, fields, sort }: BoardView): string {
  const parameters = new URLSearchParams(writeFilter(filter).replace(/^\/\??/, ''))
  if (isTable) parameters.set('view', 'table')
  if (open.length > 0) parameters.set('open', open.join(','))
  if (column !== undefined) parameters.set('column', column)
  if (fields.join() !== DEFAULT_FIELDS.join()) parameters.set('fields', fields.join(','))
  const { field, isDescending } = sort
  if (field !== DEFAULT_SORT.field || isDescending !== DEFAULT_SORT.isDescending)
    parameters.set('sort', `${isDescending ? '-' : ''}${field}`)
  const written = parameters.toString()
  return written ? `/?${written}` : '/'
}

function isField(key: string): key is FieldKey {
  return FIELDS.some((field) => field.key === key)
}
