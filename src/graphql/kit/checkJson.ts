import type { z } from 'zod'
import { composeText } from '../../text/composeText.ts'
import { type JsonLimits, objectToJson } from '../../text/objectToJson.ts'

/** Size limits of JSON from clients, the same in every field. Larger values belong in a file: an artifact. */
export const JSON_LIMITS: JsonLimits = { bytes: 524_288, values: 20_000, depth: 64 }

/** Rejects JSON that is too large, too deep, or can't be stored exactly. */
export function checkJson(value: unknown, context: z.RefinementCtx): void {
  // the field was left out
  if (value === undefined) return
  const found = objectToJson(value, JSON_LIMITS)
  if (!found) return
  const path = found.path.map((key) => composeText(key, { max: 200 }))
  context.addIssue({ code: 'custom', path, message: found.message })
}
