import { lazy, Suspense, useState } from 'react'
import type { ComponentType, ReactNode } from 'react'
import { Boundary } from './Boundary.tsx'

interface LoadableOptions<Props> {
  /** Whether it is all of a page; default: a part of one. */
  readonly isPage?: boolean
  /** Shown while its code is loaded. */
  readonly fallback?: ReactNode | ((props: Props) => ReactNode)
}

const LOADING = <p role="status">Loading …</p>

/** A component whose code is loaded when it is first drawn. What could not be loaded says so, and is loaded when the server is back. */
export function loadable<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { isPage = false, fallback = LOADING }: LoadableOptions<Props> = {},
): ComponentType<Props> {
  // a lazy component keeps its error, so another one loads it again
  const prepare = () => lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>
  let known = prepare()
  return function Loadable(props: Props) {
    const [Part, setPart] = useState(() => known)
    const retry = () => {
      known = prepare()
      setPart(() => known)
    }
    return (
      <Boundary isPage={isPage} onRetry={retry}>
        <Suspense fallback={typeof fallback === 'function' ? fallback(props) : fallback}>
          <Part {...props} />
        </Suspense>
      </Boundary>
    )
  }
}
