import { useState } from 'react'
import { signIn } from './session.ts'

/** The form for signing in again after the session has ended, above the unchanged page. */
export function SignIn({ onDone }: { readonly onDone: () => void }) {
  const [problem, setProblem] = useState<string>()
  const [isPending, setPending] = useState(false)
  const submit = async (form: FormData) => {
    setPending(true)
    const token = form.get('token')
    const problem = await signIn(typeof token === 'string' ? token.trim() : '')
    setPending(false)
    setProblem(problem)
    if (problem === undefined) onDone()
  }
  return (
    <main className="door">
      <form className="door-card" action={submit}>
        <h1 className="logo">Pawl</h1>
        <p>
          You are signed out. Sign in with a token, or with the link that the server printed when it started.
        </p>
        <label htmlFor="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="pawl_…"
          required
        />
        <button className="button button-main" type="submit" disabled={isPending}>
          {isPending ? 'Asking the server …' : 'Sign in'}
        </button>
        <p role="alert" className="problem">
          {problem}
        </p>
      </form>
    </main>
  )
}
