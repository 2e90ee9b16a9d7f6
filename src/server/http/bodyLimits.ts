import type { Role } from '../../lifecycle/run/enums.ts'
import type { BodyLimits, Excess } from './bodyScanner.ts'

/** Limits of a body: bytes besides the content of files and patches, JSON values, and nesting. */
const MAX_BODY = { otherBytes: 1_048_576, values: 50_000, depth: 100 } as const

/** Limits for a caller of this role: one that can't change anything sends no content. */
export function bodyLimitsOf(role: Role, maxBodyBytes: number): BodyLimits {
  const otherBytes = Math.min(MAX_BODY.otherBytes, maxBodyBytes)
  return { ...MAX_BODY, otherBytes, bytes: role === 'VIEWER' ? otherBytes : maxBodyBytes }
}

/** Describes an exceeded limit. */
export function explainExcess(excess: Excess, limits: BodyLimits): string {
  const most = limits[excess]
  switch (excess) {
    case 'bytes':
      return `A request has at most ${most} bytes.`
    case 'otherBytes':
      return `A request has at most ${most} bytes beside the content of files and patches.`
    case 'values':
      return `A request has at most ${most} values in its JSON.`
    case 'depth':
      return `A request nests its JSON at most ${most} deep.`
  }
}
