import { showInvisible } from '@pawl/sdk'
import { Fragment } from 'react'

/** Text properties that are shown or read aloud. */
const READ = ['title', 'aria-label', 'aria-description', 'placeholder', 'alt', 'label'] as const

type Props = Readonly<Record<string, unknown>>

/**
 * Escapes invisible characters in an element's text: titles, questions and transcripts are untrusted, and may contain marks that reorder
 * or hide text. This applies to every rendered element, so that no component can forget it. Props of components and values of fields
 * are not changed.
 */
export function visibleProps(type: unknown, props: Props): Props {
  if (typeof type !== 'string' && type !== Fragment) return props
  const changed: Record<string, unknown> = {}
  const children = showChildren(props['children'])
  if (children !== props['children']) changed['children'] = children
  for (const name of READ) {
    const text = props[name]
    if (typeof text === 'string') {
      const shown = showInvisible(text)
      if (shown !== text) changed[name] = shown
    }
  }
  return Object.keys(changed).length > 0 ? { ...props, ...changed } : props
}

function showChildren(children: unknown): unknown {
  if (typeof children === 'string') return showInvisible(children)
  if (!Array.isArray(children)) return children
  const shown = children.map(showChildren)
  return shown.some((child, at) => child !== children[at]) ? shown : children
}
