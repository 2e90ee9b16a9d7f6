import { useSyncExternalStore } from 'react'

/** A view of the board that the viewer has named. */
export interface SavedView {
  readonly name: string
  /** Its address. */
  readonly address: string
}

const KEY = 'pawl.views'
const listeners = new Set<() => void>()
let known: readonly SavedView[] | undefined

/** The views kept in this browser, by name. */
export function readSavedViews(): readonly SavedView[] {
  known ??= parse(localStorage.getItem(KEY))
  return known
}

/** The views kept in this browser, live. */
export function useSavedViews(): readonly SavedView[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, readSavedViews)
}

/** Keeps a view; one of the same name is replaced. */
export function saveView(view: SavedView): void {
  write([...readSavedViews().filter(({ name }) => name !== view.name), view])
}

/** Forgets a view. */
export function forgetView(name: string): void {
  write(readSavedViews().filter((view) => view.name !== name))
}

function write(views: readonly SavedView[]): void {
  known = views.toSorted((a, b) => a.name.localeCompare(b.name))
  localStorage.setItem(KEY, JSON.stringify(known))
  for (const listener of listeners) listener()
}

function parse(text: string | null): readonly SavedView[] {
  try {
    const views: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(views) ? views.filter(isView) : []
  } catch {
    return []
  }
}

function isView(value: unknown): value is SavedView {
  const { name, address } = (value ?? {}) as Partial<SavedView>
  return typeof name === 'string' && typeof address === 'string' && address.startsWith('/')
}
