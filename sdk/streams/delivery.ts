import type { TypedDocument } from '../kit/document.ts'

/** How a subscription is to be delivered. */
export interface Delivery {
  /** Ends the subscription at once. */
  readonly signal: AbortSignal
  /** Whether a slow reader wants only the newest item. */
  readonly newestOnly: boolean
  /** Called when the subscription has been sent to the server. */
  onOpen(): void
}

/**
 * Opens a subscription on one connection, and never reconnects. Yields what the server sends, ends when the server says
 * complete, and throws PawlConnectionError when the connection ends otherwise, PawlAuthError or PawlFault when the
 * server refuses. Items yielded after the signal aborts are ignored.
 */
export type Subscribe = <R, V>(
  document: TypedDocument<R, V>,
  variables: V,
  delivery: Delivery,
) => AsyncIterableIterator<R>
