import { createRunStore } from '@pawl/sdk'
import type { Pawl, RunsFeedFilter, RunStore } from '@pawl/sdk'
import { createContext, createElement, useContext, useMemo } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { createRunFeed } from './feed.ts'
import type { RunFeed } from './feed.ts'

/** What `PawlProvider` takes. */
export interface PawlProviderProps {
  /** The client that the hooks below use. */
  readonly pawl: Pawl
  /** The store that all runs are merged into. Default: a new store of this provider. */
  readonly store?: RunStore | undefined
  /**
   * Which runs the feed follows. Default: all that the caller may see. Pass the same object on every render, or the
   * feed is created again.
   */
  readonly filter?: RunsFeedFilter | undefined
  readonly children?: ReactNode
}

/** What the hooks share. */
interface PawlContext {
  readonly pawl: Pawl
  readonly feed: RunFeed
}

const Context = createContext<PawlContext | undefined>(undefined)

/**
 * Provides the hooks below it with a client, and one shared store and feed of changes. Sends no request until one of
 * them is used.
 */
export function PawlProvider({ pawl, store, filter, children }: PawlProviderProps): ReactElement {
  const value = useMemo(
    () => ({ pawl, feed: createRunFeed(pawl, store ?? createRunStore(), { filter }) }),
    [pawl, store, filter],
  )
  return createElement(Context.Provider, { value }, children)
}

/** The context of the provider above. Throws if there is none. */
export function usePawlContext(): PawlContext {
  const context = useContext(Context)
  if (!context) throw new Error('A hook of @pawl/sdk/react needs a PawlProvider above it')
  return context
}
