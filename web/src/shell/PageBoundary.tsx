import { Component } from 'react'
import type { ReactNode } from 'react'
import { describeError } from '../elements/Problem.tsx'

/** Shown while the code of a page is loaded. */
export function Loading() {
  return (
    <main className="page" aria-busy="true">
      <p role="status">Loading …</p>
    </main>
  )
}

interface State {
  readonly error?: unknown
}

/** Shows why a page can't be shown: usually its code is that of an older server, and reloading the page helps. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = {}

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <main className="page nothing">
        <h1>This page could not be shown</h1>
        <p role="alert">{describeError(error)}</p>
        <button className="button button-main" type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </main>
    )
  }
}
