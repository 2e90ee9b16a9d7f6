import { usePageAddress } from '../elements/address.ts'
import { Shell } from './Shell.tsx'
import { SessionProvider, useSessionState } from '../account/session.ts'
import { SignIn } from '../account/SignIn.tsx'
import { SignOut } from '../account/SignOut.tsx'

/** The dashboard: the session, and the page of the address. */
export function App() {
  const { state, begin, leave } = useSessionState()
  const place = usePageAddress()
  switch (state.kind) {
    case 'in':
      return (
        <SessionProvider value={state.session}>
          <Shell place={place} onLeave={leave} />
        </SessionProvider>
      )
    case 'leaving':
      return <SignOut />
    case 'out':
      return <SignIn onDone={begin} />
    case 'asking':
      return (
        <main className="door" aria-busy="true">
          <p role="status">
            {state.error ? 'The server can’t be reached. Trying again …' : 'Asking the server …'}
          </p>
        </main>
      )
    case 'failed':
      return (
        <main className="door">
          <p role="alert">The server could not answer: {String(state.error)}</p>
        </main>
      )
  }
}
