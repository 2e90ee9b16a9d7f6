import { usePawl } from '@pawl/sdk/react'
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { readSavedViews } from '../board/savedViews.ts'
import { navigate } from '../elements/address.ts'
import { wordOfRun } from '../elements/words.ts'

/** Something that the palette leads to, or does. */
export interface PaletteEntry {
  readonly key: string
  readonly label: string
  /** What it is, in a word. */
  readonly kind: string
  perform(): void
}

interface PaletteProps {
  /** Pages and actions of the frame. */
  readonly entries: readonly PaletteEntry[]
  onClose(): void
}

/** How long after the last key press runs are searched, in milliseconds. */
const TYPING_MS = 150
const MAX_RUNS = 8

/** Goes to pages, views and runs by a few letters. */
export function Palette({ entries, onClose }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const runs = useFoundRuns(text)
  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  const views = readSavedViews().map(({ name, address }): PaletteEntry => ({
    key: `view ${name}`,
    label: name,
    kind: 'view',
    perform: () => navigate(address),
  }))
  const sought = text.trim().toLowerCase()
  const shown = [
    ...[...entries, ...views].filter(({ label }) => label.toLowerCase().includes(sought)),
    ...runs,
  ]
  const current = Math.min(at, shown.length - 1)
  const choose = (entry: PaletteEntry | undefined) => {
    if (!entry) return
    onClose()
    entry.perform()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Enter') choose(shown[current])
    else if (step === undefined) return
    else setAt((current + step + shown.length) % Math.max(1, shown.length))
    event.preventDefault()
  }
  return (
    <dialog ref={dialog} className="palette" aria-label="Go to" onCancel={onClose} onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="A page, a view, or a run by its title or id"
        aria-expanded={shown.length > 0}
        aria-controls="palette-list"
        aria-activedescendant={shown[current] ? `palette-${current}` : undefined}
        aria-autocomplete="list"
        placeholder="A page, a view, or a run by its title or id"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="What was found">
        {shown.map((entry, index) => (
          <li
            key={entry.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === current}
            onClick={() => choose(entry)}
            onMouseMove={() => setAt(index)}
          >
            <span>{entry.label}</span>
            <span className="soft">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="soft" role="status">
          Nothing is called so.
        </p>
      )}
    </dialog>
  )
}

/** The newest runs whose title or id has the text. */
function useFoundRuns(text: string): readonly PaletteEntry[] {
  const pawl = usePawl()
  const [found, setFound] = useState<readonly PaletteEntry[]>([])
  useEffect(() => {
    const sought = text.trim()
    if (sought === '') return setFound([])
    const controller = new AbortController()
    const { signal } = controller
    const search = async () => {
      const { nodes } = await pawl.runs.list({ filter: { text: sought }, first: MAX_RUNS, signal })
      setFound(
        nodes.map(({ id, title, status, outcome }) => ({
          key: id,
          label: title ?? id,
          kind: wordOfRun(status, outcome).label,
          perform: () => navigate(`/runs/${id}`),
        })),
      )
    }
    // Pages and views are found without the server.
    const timer = setTimeout(() => void search().catch(() => {}), TYPING_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [pawl, text])
  return found
}
