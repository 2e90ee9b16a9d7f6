import { showInvisible } from '@pawl/sdk'
import { Fragment } from 'react'

/** What is read beside an element's children. */
const READ = ['title', 'aria-label', 'aria-description', 'placeholder', 'alt', 'label'] as const

type Props = Readonly<Record<string, unknown>>

/**
 * The properties of an element with nothing invisible in its text: titles, questions and transcripts are written by others, and may
 * hold marks that turn a text around or hide a part of it. Done to whatever is drawn, so that no component can forget it.
 * What components hand to one another, and what a field holds, stays as it is.
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
