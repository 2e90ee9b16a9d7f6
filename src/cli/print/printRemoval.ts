import type { ContentRemoval } from '@pawl/sdk'
import { formatTime } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** When content was removed and by whom, to stand behind what it was of: `was removed at 2026-11-30 14:05:09 by system`. */
export function describeRemoval({ removedAt, removedBy }: ContentRemoval): string {
  return `was removed at ${formatTime(removedAt)} by ${safeText(removedBy)}`
}
