import type { Viewer } from '@pawl/sdk'
import { Menu } from '../elements/Menu.tsx'
import { THEMES, type Theme } from './theme.ts'

interface AccountMenuProps {
  readonly viewer: Viewer
  readonly theme: Theme
  onTheme(theme: Theme): void
  onLeave(): void
}

/** Who is signed in, how the pages look, and the way out. */
export function AccountMenu({ viewer, theme, onTheme, onLeave }: AccountMenuProps) {
  return (
    <Menu
      className="button button-quiet viewer"
      label={
        <>
          <span className="viewer-name">{viewer.name}</span>
          <span className="viewer-role">{viewer.role}</span>
          <span aria-hidden="true">▾</span>
        </>
      }
    >
      <fieldset className="viewer-theme">
        <legend>Theme</legend>
        <div className="switch">
          {THEMES.map(({ key, label }) => (
            <button
              key={key}
              type="button"
              className="button button-small"
              aria-pressed={theme === key}
              onClick={() => onTheme(key)}
            >
              {label}
            </button>
          ))}
        </div>
      </fieldset>
      <button className="button" type="button" onClick={onLeave}>
        Sign out
      </button>
    </Menu>
  )
}
