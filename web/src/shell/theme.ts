import { useState } from 'react'

/** The theme: that of the system, or the viewer's choice. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'pawl.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

function readTheme(): Theme {
  const chosen = localStorage.getItem(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Applies a theme. */
export function applyTheme(theme = readTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** The chosen theme, and a function that switches to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(readTheme)
  return [
    theme,
    () => {
      const next = NEXT[theme]
      localStorage.setItem(KEY, next)
      applyTheme(next)
      setTheme(next)
    },
  ]
}
