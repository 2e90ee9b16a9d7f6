import { useSyncExternalStore } from 'react'

/** Where the page is: what its address says. */
export interface PageAddress {
  readonly pathname: string
  /** With its question mark; empty where there is none. */
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

/** Where the page is, followed. */
export function usePageAddress(): PageAddress {
  return useSyncExternalStore(subscribe, () => place)
}

/** Goes to an address of the dashboard; `isReplacing` leaves no step to go back to. */
export function navigate(address: string, { isReplacing = false } = {}): void {
  if (address === `${place.pathname}${place.search}`) return
  history[isReplacing ? 'replaceState' : 'pushState'](null, '', address)
  notify()
  if (!isReplacing) scrollTo(0, 0)
}

/** The same address with some of its parameters set, or taken away where they are undefined. */
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
