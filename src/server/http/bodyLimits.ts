import type { Role } from '../../lifecycle/run/words.ts'
import type { BodyLimits, Excess } from './bodyScanner.ts'

/** The most bytes of a body beside the content of files and transcripts, and how much JSON it may make. */
const MAX_BODY = { otherBytes: 1_048_576, values: 50_000, depth: 100 } as const

/** What a body of a caller may be: who changes nothing sends no content. */
export function bodyLimitsOf(role: Role, maxBodyBytes: number): BodyLimits {
  const otherBytes = Math.min(MAX_BODY.otherBytes, maxBodyBytes)
  return { ...MAX_BODY, otherBytes, bytes: role === 'VIEWER' ? otherBytes : maxBodyBytes }
}

/** What a body has too much of, as a sentence. */
export function explainExcess(excess: Excess, limits: BodyLimits): string {
  const most = limits[excess]
  switch (excess) {
    case 'bytes':
      return `A request has at most ${most} bytes.`
    case 'otherBytes':
      return `A request has at most ${most} bytes beside the content of files and transcripts.`
    case 'values':
      return `A request has at most ${most} values in its JSON.`
    case 'depth':
      return `A request nests its JSON at most ${most} deep.`
  }
}
