import { useRef, useState } from 'react'
import type { RefObject } from 'react'

/** Within this distance from the end, the view is at the end, in pixels. */
const NEAR = 40

/** Whether a view follows its end, and what its scrolled element has to call. */
export interface Following {
  readonly isFollowing: boolean
  setFollowing(isFollowing: boolean): void
  /** Called before the page scrolls by itself: what moves then was not moved by the reader. */
  expectScroll(): void
  readonly handlers: {
    onScroll(): void
    onWheel(): void
    onTouchMove(): void
    onKeyDown(): void
    onPointerDown(): void
  }
}

/** Follows the end of a scrolled element until the reader scrolls away from it, and again where the reader is back at the end. */
export function useFollowing(scroll: RefObject<HTMLElement | null>, initial: boolean): Following {
  const [isFollowing, setFollowing] = useState(initial)
  const isReader = useRef(false)
  const byReader = () => {
    isReader.current = true
  }
  return {
    isFollowing,
    setFollowing,
    expectScroll: () => {
      isReader.current = false
    },
    handlers: {
      onScroll: () => {
        const { current } = scroll
        if (!current || !isReader.current) return
        setFollowing(current.scrollHeight - current.scrollTop - current.clientHeight < NEAR)
      },
      onWheel: byReader,
      onTouchMove: byReader,
      onKeyDown: byReader,
      onPointerDown: byReader,
    },
  }
}
