import { useState } from 'react'

/** The theme: that of the system, or the viewer's choice. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'pawl.theme'

/** The themes, as they are offered. */
export const THEMES = [
  { key: 'system', label: 'As the system' },
  { key: 'light', label: 'Light' },
  { key: 'dark', label: 'Dark' },
] as const satisfies readonly { readonly key: Theme; readonly label: string }[]

function readTheme(): Theme {
  const chosen = localStorage.getItem(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Applies a theme. */
export function applyTheme(theme = readTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** The chosen theme, and a function that chooses another. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(readTheme)
  return [
    theme,
    (next) => {
      localStorage.setItem(KEY, next)
      applyTheme(next)
      setTheme(next)
    },
  ]
}
