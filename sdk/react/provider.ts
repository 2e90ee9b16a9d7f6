import { createRunStore } from '@pawl/sdk'
import type { Pawl, RunsFeedFilter, RunStore } from '@pawl/sdk'
import { createContext, createElement, useContext, useMemo } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { createRunFeed } from './feed.ts'
import type { RunFeed } from './feed.ts'

/** What `PawlProvider` takes. */
export interface PawlProviderProps {
  /** The client that everything below asks with. */
  readonly pawl: Pawl
  /** Holds every run that comes by. Default: one of the provider's own. */
  readonly store?: RunStore | undefined
  /** Which runs the feed follows; left out: all that may be seen. The same object as long as it is meant to be the same. */
  readonly filter?: RunsFeedFilter | undefined
  readonly children?: ReactNode
}

/** What the hooks share. */
interface PawlContext {
  readonly pawl: Pawl
  readonly feed: RunFeed
}

const Context = createContext<PawlContext | undefined>(undefined)

/** Gives the hooks below it a client, and one store and one feed of changes that they share. Nothing is asked until one of them is used. */
export function PawlProvider({ pawl, store, filter, children }: PawlProviderProps): ReactElement {
  const value = useMemo(
    () => ({ pawl, feed: createRunFeed(pawl, store ?? createRunStore(), { filter }) }),
    [pawl, store, filter],
  )
  return createElement(Context.Provider, { value }, children)
}

/** What the provider above gives. Throws where there is none. */
export function usePawlContext(): PawlContext {
  const context = useContext(Context)
  if (!context) throw new Error('A hook of @pawl/sdk/react needs a PawlProvider above it')
  return context
}
