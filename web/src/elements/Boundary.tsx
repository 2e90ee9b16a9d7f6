import { Component, useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { describeError } from './Problem.tsx'
import { useIsOffline } from './useIsOffline.ts'

interface BoundaryProps {
  /** Whether it is all of a page. */
  readonly isPage: boolean
  readonly children: ReactNode
  /** Called before it is drawn again. */
  readonly onRetry?: () => void
}

interface State {
  readonly error?: unknown
}

/** Shows why something can’t be shown: usually its code could not be loaded, because the server is out of reach or another version. */
export class Boundary extends Component<BoundaryProps, State> {
  override state: State = {}

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render() {
    const { error } = this.state
    const { isPage, children, onRetry } = this.props
    if (error === undefined) return children
    const retry = () => {
      onRetry?.()
      this.setState({ error: undefined })
    }
    const why = <NotShown error={error} onRetry={retry} />
    if (!isPage) return <div className="nothing">{why}</div>
    return (
      <main className="page nothing">
        <h1>This page could not be shown</h1>
        {why}
      </main>
    )
  }
}

function NotShown({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const isOffline = useIsOffline()
  const wasOffline = useRef(isOffline)
  useEffect(() => {
    if (wasOffline.current && !isOffline) onRetry()
    wasOffline.current = isOffline
  }, [isOffline, onRetry])
  if (isOffline)
    return (
      <p role="status" data-not-loaded>
        This part was not loaded before the server was out of reach. It is loaded when the server is back.
      </p>
    )
  return (
    <>
      <p role="alert">{describeError(error)}</p>
      <button className="button button-main" type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </>
  )
}
