import { Board } from '../board/Board.tsx'
import { Connection } from './Connection.tsx'
import { Link } from './Link.tsx'
import type { Place } from './place.ts'
import { signOut, useSession } from './session.ts'
import { useTheme } from './theme.ts'

const THEMES = { system: 'as the system', light: 'light', dark: 'dark' }

/** What stands around every page. */
export function Shell({ place }: { readonly place: Place }) {
  const { viewer, server } = useSession()
  const [theme, nextTheme] = useTheme()
  const at = (path: string) => (place.pathname === path ? ('page' as const) : undefined)
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link className="logo" to="/" title={`Pawl ${server.version}`}>
          Pawl
        </Link>
        <nav className="top-nav" aria-label="Pages">
          <Link to="/" aria-current={at('/')}>
            Board
          </Link>
          <a href="/graphql">GraphiQL</a>
        </nav>
        <div className="top-end">
          <Connection />
          <button className="button button-quiet" type="button" onClick={nextTheme}>
            <span className="hidden">Theme: </span>
            {THEMES[theme]}
          </button>
          <span className="viewer">
            {viewer.name} <span className="viewer-role">{viewer.role}</span>
          </span>
          <button className="button button-quiet" type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <div id="content" tabIndex={-1}>
        <Board place={place} />
      </div>
    </>
  )
}
