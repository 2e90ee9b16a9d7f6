import { useEffect, useState } from 'react'
import { useNotifications } from '../inbox/notifications.ts'
import type { PendingApprovals } from '../inbox/usePending.ts'
import { usePending } from '../inbox/usePending.ts'
import { AccountMenu } from './AccountMenu.tsx'
import { Board } from '../board/Board.tsx'
import { Loading } from './Loading.tsx'
import { Connection } from './Connection.tsx'
import { setTitleCount } from '../elements/title.ts'
import { Boundary } from '../elements/Boundary.tsx'
import { Link } from '../elements/Link.tsx'
import { loadable } from '../elements/loadable.tsx'
import { navigate } from '../elements/address.ts'
import { Notices } from './Notices.tsx'
import type { PageAddress } from '../elements/address.ts'
import { useSession } from '../account/session.ts'
import { THEMES, useTheme } from './theme.ts'

const PAGE = { isPage: true, fallback: <Loading /> }
// The code of these pages is loaded when one is opened.
const Inbox = loadable(async () => (await import('../inbox/Inbox.tsx')).Inbox, PAGE)
const RunPage = loadable(async () => (await import('../run/RunPage.tsx')).RunPage, PAGE)
const Start = loadable(async () => (await import('../start/Start.tsx')).Start, PAGE)
const Projects = loadable(async () => (await import('../projects/Projects.tsx')).Projects, PAGE)
const Workflows = loadable(async () => (await import('../workflows/Workflows.tsx')).Workflows, PAGE)
const Workers = loadable(async () => (await import('../workers/Workers.tsx')).Workers, PAGE)
const Tokens = loadable(async () => (await import('../tokens/Tokens.tsx')).Tokens, PAGE)
const Palette = loadable(async () => (await import('../palette/Palette.tsx')).Palette, { fallback: null })

const PAGES = [
  { path: '/start', label: 'Start' },
  { path: '/projects', label: 'Projects' },
  { path: '/workflows', label: 'Workflows' },
  { path: '/workers', label: 'Workers' },
]
const TOKENS = { path: '/tokens', label: 'Tokens' }
/** Pages that the dashboard is no part of. */
const ELSEWHERE = [
  { path: '/graphql', label: 'GraphiQL' },
  { path: '/docs/', label: 'Docs' },
]
/** The key that opens the palette, as it is called here. */
const KEY = navigator.userAgent.includes('Mac') ? '⌘K' : 'Ctrl K'

/** The frame around every page, and the page of the address. */
export function Shell({ place, onLeave }: { readonly place: PageAddress; readonly onLeave: () => void }) {
  const { viewer, server } = useSession()
  const [theme, chooseTheme] = useTheme()
  const pending = usePending()
  const waiting = pending.approvals?.length ?? 0
  useNotifications(pending)
  const waitingText = waiting > 0 ? `${waiting}${pending.hasMore ? '+' : ''}` : ''
  useEffect(() => setTitleCount(waitingText), [waitingText])
  const [isSearching, setSearching] = useState(false)
  usePaletteKey(() => setSearching(true))
  const pages = [...PAGES, ...(viewer.role === 'ADMIN' ? [TOKENS] : [])]
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
          <Link to="/approvals" aria-current={at('/approvals')}>
            Approvals
            {waiting > 0 && (
              <span className="count">
                {waitingText}
                <span className="hidden"> waiting</span>
              </span>
            )}
          </Link>
          {pages.map(({ path, label }) => (
            <Link key={path} to={path} aria-current={at(path)}>
              {label}
            </Link>
          ))}
          {ELSEWHERE.map(({ path, label }) => (
            <a key={path} href={path}>
              {label}
            </a>
          ))}
        </nav>
        <div className="top-end">
          <Connection />
          <button
            className="button button-small"
            type="button"
            aria-haspopup="dialog"
            onClick={() => setSearching(true)}
          >
            Go to <kbd aria-hidden="true">{KEY}</kbd>
          </button>
          <AccountMenu viewer={viewer} theme={theme} onTheme={chooseTheme} onLeave={onLeave} />
        </div>
      </header>
      <Notices />
      {isSearching && (
        <Palette
          onClose={() => setSearching(false)}
          entries={[
            ...[{ path: '/', label: 'Board' }, { path: '/approvals', label: 'Approvals' }, ...pages].map(
              ({ path, label }) => ({ key: path, label, kind: 'page', perform: () => navigate(path) }),
            ),
            ...ELSEWHERE.map(({ path, label }) => ({
              key: path,
              label,
              kind: 'page',
              perform: () => location.assign(path),
            })),
            { key: 'table', label: 'Table of runs', kind: 'page', perform: () => navigate('/?view=table') },
            ...THEMES.map(({ key, label }) => ({
              key: `theme ${key}`,
              label: `Theme: ${label.toLowerCase()}`,
              kind: 'action',
              perform: () => chooseTheme(key),
            })),
            { key: 'leave', label: 'Sign out', kind: 'action', perform: onLeave },
          ]}
        />
      )}
      <div id="content" tabIndex={-1}>
        <Boundary key={place.pathname} isPage>
          <Page
            place={place}
            pending={pending}
            mayStart={viewer.role === 'ADMIN' || viewer.role === 'OPERATOR'}
          />
        </Boundary>
      </div>
    </>
  )
}

interface PageProps {
  readonly place: PageAddress
  readonly pending: PendingApprovals
  readonly mayStart: boolean
}

function Page({ place, pending, mayStart }: PageProps) {
  const runId = /^\/runs\/(\w+)$/.exec(place.pathname)?.[1]
  if (runId) return <RunPage key={runId} runId={runId} place={place} />
  if (place.pathname === '/approvals') return <Inbox pending={pending} place={place} />
  if (place.pathname === '/start') return <Start place={place} mayStart={mayStart} />
  if (place.pathname === '/workflows') return <Workflows place={place} />
  if (place.pathname === '/projects') return <Projects />
  if (place.pathname === '/workers') return <Workers />
  if (place.pathname === '/tokens') return <Tokens place={place} />
  return <Board place={place} />
}

/** Opens the palette by its key, on every page. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      open()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  })
}
