import type { Json } from '../../lifecycle/run/run.ts'

/** The key, scope and input of a request, stored with what it did or made (G7). */
export interface IdempotencyKey {
  readonly scope: string
  readonly operation: string
  readonly key: string
  readonly request: Json
}
