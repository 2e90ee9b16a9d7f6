import { useEffect, useState } from 'react'
import { signOut } from './session.ts'

/** Ends the session while no other component is mounted, and says if the server can’t be reached. */
export function SignOut() {
  const [attempt, setAttempt] = useState(0)
  const [isReached, setReached] = useState(true)
  useEffect(() => {
    setReached(true)
    void signOut().then(setReached)
  }, [attempt])
  return (
    <main className="door" aria-busy={isReached}>
      {isReached ? (
        <p role="status">Signing out …</p>
      ) : (
        <>
          <p role="alert">The server can’t be reached: you are still signed in.</p>
          <button
            className="button button-main"
            type="button"
            onClick={() => setAttempt((attempt) => attempt + 1)}
          >
            Try again
          </button>
        </>
      )}
    </main>
  )
}
