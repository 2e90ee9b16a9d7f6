import { useEffect, useRef } from 'react'

/** What the keys of the inbox do: `j` and `k` move, `a` goes to the main decision, `r` to the comment. */
export interface InboxKeys {
  readonly move: (step: 1 | -1) => void
  readonly focus: (selector: string) => void
}

/** Listens to the keys of the inbox while nothing is typed and no dialog is open. */
export function useInboxKeys(keys: InboxKeys): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog')) return
      const { move, focus } = latest.current
      const act = {
        j: () => move(1),
        k: () => move(-1),
        // While it is disabled the focus stays where it is: another decision is never chosen instead.
        a: () => focus('[data-main]'),
        r: () => focus('[data-comment]'),
      }[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
