import { PawlFault } from './errors.ts'

/** Any value that JSON can hold. Members that are `undefined` are left out when it is sent. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/**
 * The value as JSON text.
 *
 * @throws PawlFault for a number that JSON does not have, which would become null without a word
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (typeof each !== 'number' || Number.isFinite(each)) return each
    throw new PawlFault(`${key} is ${each}, a number that JSON does not have`, 'BAD_USER_INPUT')
  })
}
