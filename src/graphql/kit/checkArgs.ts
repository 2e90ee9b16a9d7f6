import type { z } from 'zod'
import { failWith } from '../request/errors.ts'
import { readInput } from './input.ts'

/**
 * Validates the arguments of a query.
 *
 * @throws BAD_USER_INPUT, naming every mistake
 */
export function checkArgs<Out>(schema: z.ZodType<Out>, args: unknown): Out {
  const read = readInput(schema, args)
  if (read.ok) return read.input
  const issues = read.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw failWith('BAD_USER_INPUT', `The arguments are not valid: ${issues.join('; ')}.`)
}
