import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'

interface MenuProps {
  /** What its button shows. */
  readonly label: ReactNode
  readonly className?: string
  readonly children: ReactNode
}

/** A button that opens what is below it; closed by Escape, and by what is done elsewhere. */
export function Menu({ label, className = 'button button-small', children }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const closeElsewhere = ({ target }: Event) => {
      const { current } = menu
      if (current?.open && target instanceof Node && !current.contains(target)) current.open = false
    }
    const events = ['pointerdown', 'focusin'] as const
    for (const event of events) addEventListener(event, closeElsewhere)
    return () => {
      for (const event of events) removeEventListener(event, closeElsewhere)
    }
  }, [])
  return (
    <details
      ref={menu}
      className="menu"
      onKeyDown={(event) => {
        const { current } = menu
        if (event.key !== 'Escape' || !current?.open) return
        current.open = false
        current.querySelector('summary')?.focus()
      }}
    >
      <summary className={className}>{label}</summary>
      <div className="menu-body">{children}</div>
    </details>
  )
}
