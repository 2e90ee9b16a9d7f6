import { useSyncExternalStore } from 'react'

/** The address of the page. */
export interface PageAddress {
  readonly pathname: string
  /** With the question mark; empty if there is none. */
  readonly search: string
}

let place: PageAddress = read()
const listeners = new Set<() => void>()

function read(): PageAddress {
  return { pathname: location.pathname, search: location.search }
}

function notify(): void {
  place = read()
  for (const listener of listeners) listener()
}

addEventListener('popstate', notify)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The current address of the page. */
export function usePageAddress(): PageAddress {
  return useSyncExternalStore(subscribe, () => place)
}

/** Navigates to an address of the dashboard; `isReplacing` replaces the current history entry. */
export function navigate(address: string, { isReplacing = false } = {}): void {
  if (address === `${place.pathname}${place.search}`) return
  history[isReplacing ? 'replaceState' : 'pushState'](null, '', address)
  notify()
  if (!isReplacing) scrollTo(0, 0)
}

/** The same address with some parameters set, or removed if undefined. */
export function withParameters(
  { pathname, search }: PageAddress,
  given: Readonly<Record<string, string | undefined>>,
): string {
  const parameters = new URLSearchParams(search)
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) parameters.delete(name)
    else parameters.set(name, value)
  }
  const text = parameters.toString()
  return text ? `${pathname}?${text}` : pathname
}
