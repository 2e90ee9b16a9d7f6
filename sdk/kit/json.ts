import { PawlFault } from './errors.ts'

/** Any value that JSON can hold. Members that are `undefined` are omitted when it is sent. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** A value to send as JSON: as `JsonValue`, but interfaces are accepted too, which TypeScript gives no index signature. */
export type JsonInput = JsonValue | object

/**
 * The value as JSON text.
 *
 * @throws PawlFault for a number that JSON cannot represent, which would silently become null
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (typeof each !== 'number' || Number.isFinite(each)) return each
    throw new PawlFault(`${key} is ${each}, a number that JSON does not have`, 'BAD_USER_INPUT')
  })
}
