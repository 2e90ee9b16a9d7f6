import { useState } from 'react'
import type { Commenting, LineComment } from './diff/feedback.ts'

/** The comments on lines that a viewer writes before deciding. */
export function useCommenting(): Commenting {
  const [comments, setComments] = useState<readonly LineComment[]>([])
  return {
    comments,
    set: (comment) =>
      setComments((before) => [
        ...before.filter(
          ({ path, line, isRemoved }) =>
            path !== comment.path || line !== comment.line || isRemoved !== comment.isRemoved,
        ),
        ...(comment.text.trim() ? [comment] : []),
      ]),
  }
}
