import type { ServerInfo, Viewer } from '@pawl/sdk'
import { PawlAuthError, PawlConnectionError } from '@pawl/sdk'
import { useConnection, usePawl, useRunFeed } from '@pawl/sdk/react'
import { createContext, useContext, useEffect, useState } from 'react'
import { setClock } from '../elements/clock.ts'

/** The signed-in viewer and the server. */
export interface Session {
  readonly viewer: Viewer
  readonly server: ServerInfo
}

/** State of the session: loading, signed in, signing out, signed out, or failed. */
export type SessionState =
  | { readonly kind: 'asking'; readonly error: unknown }
  | { readonly kind: 'in'; readonly session: Session }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'out' }
  | { readonly kind: 'failed'; readonly error: unknown }

const Context = createContext<Session | undefined>(undefined)

/** Provides the session to the pages. */
export const SessionProvider = Context.Provider

/** The session of the page. */
export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('There is no session here')
  return session
}

/** The state of the session, and functions that change it. */
export interface SessionControl {
  readonly state: SessionState
  /** Loads the session again, after a sign-in. */
  begin(): void
  /** Unmounts every page, so that none sends requests while the session ends. */
  leave(): void
}

/** The session of this browser: loaded at the start and after a sign-in, ended when the server says so. */
export function useSessionState(): SessionControl {
  const pawl = usePawl()
  const feed = useRunFeed()
  const connection = useConnection()
  const [state, setState] = useState<SessionState>({ kind: 'asking', error: undefined })
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const ask = async (): Promise<void> => {
      try {
        const askedAt = Date.now()
        const server = await pawl.server({ signal })
        setClock(server.asOf, askedAt, Date.now())
        const viewer = await pawl.viewer({ signal })
        if (!signal.aborted) setState({ kind: 'in', session: { viewer, server } })
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof PawlAuthError) return setState({ kind: 'out' })
        if (!(error instanceof PawlConnectionError)) return setState({ kind: 'failed', error })
        setState((state) => (state.kind === 'in' ? state : { kind: 'asking', error }))
        return ask()
      }
    }
    void ask()
    return () => controller.abort()
  }, [pawl, attempt])

  const isRefused = connection.phase === 'REFUSED'
  useEffect(() => {
    if (isRefused) setState({ kind: 'out' })
  }, [isRefused])

  return {
    state,
    begin: () => {
      setState({ kind: 'asking', error: undefined })
      setAttempt((attempt) => attempt + 1)
      feed.restart()
    },
    leave: () => setState({ kind: 'leaving' }),
  }
}

/** Signs in with a token. Resolves to an error message, or undefined. */
export async function signIn(token: string): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json', 'x-pawl-csrf': '1' }
  try {
    const answer = await fetch('/sign-in', { method: 'POST', headers, body: JSON.stringify({ token }) })
    return answer.ok ? undefined : (await answer.text()).trim()
  } catch {
    return 'The server can’t be reached. Is it running?'
  }
}

/** Signs out and shows the sign-in form. Resolves to whether the server could be reached. */
export async function signOut(): Promise<boolean> {
  try {
    await fetch('/sign-out', { method: 'POST', headers: { 'x-pawl-csrf': '1' } })
  } catch {
    return false
  }
  location.assign('/')
  return true
}
