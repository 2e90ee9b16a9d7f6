import { Shape } from './Shape.tsx'
import type { Word } from './words.ts'

interface BadgeProps {
  readonly word: Word
  /** Whether it is larger, for the head of a page. */
  readonly isLarge?: boolean
}

/** A status of the server with its shape and colour. */
export function Badge({ word, isLarge = false }: BadgeProps) {
  return (
    <span className={`badge tone-${word.tone}${isLarge ? ' badge-large' : ''}`} title={word.means}>
      <Shape tone={word.tone} />
      {word.label}
    </span>
  )
}
