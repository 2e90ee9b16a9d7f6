import type { Outcome, RunFilter } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useEffect, useRef, useState } from 'react'
import { Shape } from '../elements/Shape.tsx'
import { OUTCOME, RUN_STATUS } from '../elements/words.ts'
import { navigate } from '../elements/address.ts'
import { type BoardView, writeView } from './boardView.ts'
import { isEmptyFilter } from './filters.ts'
import { ViewMenu } from './ViewMenu.tsx'

interface FilterBarProps {
  readonly view: BoardView
  readonly total: number | undefined
  /** Whether the total is exact, and not a lower bound. */
  readonly isExact: boolean
}

/** How long after the last key press the search starts, in milliseconds. */
const TYPING_MS = 200
const OUTCOMES = Object.keys(OUTCOME) as Outcome[]

/** The filters of the board; each is part of the address. */
export function FilterBar({ view, total, isExact }: FilterBarProps) {
  const { filter, isTable } = view
  const workflows = useWorkflowNames()
  const [isOpen, setOpen] = useState(false)
  const change = (changed: Partial<RunFilter>) =>
    navigate(writeView({ ...view, filter: { ...filter, ...changed } }))
  /** How many filters are hidden on a narrow screen. */
  const count = Object.keys(filter).filter((name) => name !== 'text').length
  const toggle = (outcome: Outcome) => {
    const chosen = filter.outcomes ?? []
    const isChosen = chosen.includes(outcome)
    change({ outcomes: isChosen ? chosen.filter((one) => one !== outcome) : [...chosen, outcome] })
  }
  return (
    <div className="filters">
      <form className="filters-form" role="search" onSubmit={(event) => event.preventDefault()}>
        <Typed
          id="search"
          label="Search title or id"
          value={filter.text}
          isWide
          onChange={(text) => change({ text })}
        />
        <button
          className="button filters-toggle"
          type="button"
          aria-expanded={isOpen}
          aria-controls="filters-more"
          onClick={() => setOpen(!isOpen)}
        >
          Filters{count > 0 && ` ${count}`}
        </button>
        <div className="filters-more" id="filters-more" data-open={isOpen || undefined}>
          <label className="filter">
            <span className="hidden">Workflow</span>
            <select
              value={filter.workflow ?? ''}
              onChange={({ target }) => change({ workflow: target.value })}
            >
              <option value="">Every workflow</option>
              {[...new Set([...workflows, ...(filter.workflow ? [filter.workflow] : [])])].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label className="filter">
            <span className="hidden">Status</span>
            <select
              value={filter.statuses?.length === 1 ? filter.statuses[0] : (filter.statuses?.join(',') ?? '')}
              onChange={({ target }) => change({ statuses: readStatus(target.value) })}
            >
              <option value="">Every status</option>
              {filter.statuses && filter.statuses.length > 1 && (
                <option value={filter.statuses.join(',')}>{filter.statuses.length} statuses</option>
              )}
              {Object.entries(RUN_STATUS).map(([status, { label }]) => (
                <option key={status} value={status}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <Typed
            id="label"
            label="Label"
            value={filter.labels?.join(' ')}
            onChange={(text) => change({ labels: text.split(/\s+/).filter(Boolean) })}
          />
          <Typed
            id="project"
            label="Project"
            value={filter.project}
            onChange={(project) => change({ project })}
          />
          <fieldset className="chips">
            <legend className="hidden">Outcome</legend>
            {OUTCOMES.map((outcome) => (
              <button
                key={outcome}
                type="button"
                className={`chip tone-${OUTCOME[outcome].tone}`}
                aria-pressed={filter.outcomes?.includes(outcome) ?? false}
                title={OUTCOME[outcome].means}
                onClick={() => toggle(outcome)}
              >
                <Shape tone={OUTCOME[outcome].tone} />
                {OUTCOME[outcome].label}
              </button>
            ))}
          </fieldset>
          {!isEmptyFilter(filter) && (
            <button
              className="button button-quiet"
              type="button"
              onClick={() => navigate(writeView({ ...view, filter: {} }))}
            >
              Clear
            </button>
          )}
          <button className="button button-main filters-done" type="button" onClick={() => setOpen(false)}>
            Show {total ?? ''} {total === 1 ? 'run' : 'runs'}
          </button>
        </div>
      </form>
      <div className="filters-end">
        <span className="filters-total" role="status">
          {total === undefined ? '' : `${total}${isExact ? '' : '+'} ${total === 1 ? 'run' : 'runs'}`}
        </span>
        <fieldset className="switch">
          <legend className="hidden">How runs are shown</legend>
          {([false, true] as const).map((wanted) => (
            <button
              key={String(wanted)}
              type="button"
              className="button button-small"
              aria-pressed={isTable === wanted}
              onClick={() => navigate(writeView({ ...view, isTable: wanted }))}
            >
              {wanted ? 'Table' : 'Columns'}
            </button>
          ))}
        </fieldset>
        <ViewMenu address={writeView(view)} />
      </div>
    </div>
  )
}

function readStatus(text: string): RunFilter['statuses'] {
  return text.split(',').filter((word) => Object.hasOwn(RUN_STATUS, word)) as RunFilter['statuses']
}

interface TypedProps {
  readonly id: string
  readonly label: string
  readonly value: string | null | undefined
  readonly isWide?: boolean
  onChange(text: string): void
}

/** A text field that reports its value when typing pauses, and follows other changes of the address. */
function Typed({ id, label, value, isWide = false, onChange }: TypedProps) {
  const [text, setText] = useState(value ?? '')
  const told = useRef(value ?? '')
  const tell = useRef(onChange)
  useEffect(() => {
    tell.current = onChange
  })
  useEffect(() => {
    if ((value ?? '') === told.current) return
    told.current = value ?? ''
    setText(value ?? '')
  }, [value])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === told.current) return
    const timer = setTimeout(() => {
      told.current = wanted
      tell.current(wanted)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <label className={isWide ? 'filter filter-wide' : 'filter'}>
      <span className="hidden">{label}</span>
      <input
        id={id}
        type="search"
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </label>
  )
}

/** The distinct names of all workflows. */
function useWorkflowNames(): readonly string[] {
  const pawl = usePawl()
  const [names, setNames] = useState<readonly string[]>([])
  useEffect(() => {
    const controller = new AbortController()
    pawl.workflows
      .list({ first: 500, signal: controller.signal })
      .then(({ nodes }) => setNames([...new Set(nodes.map(({ name }) => name))]))
      // Without the names, filtering by the address still works.
      .catch(() => {})
    return () => controller.abort()
  }, [pawl])
  return names
}
