import type { Answer, TypedDocument } from '../kit/document.ts'
import { PawlConnectionError } from '../kit/errors.ts'

/** How a subscription is to be delivered. */
export interface Delivery {
  /** Ends the subscription at once. */
  readonly signal: AbortSignal
  /** Whether a slow reader wants only the newest item. Default false. */
  readonly newestOnly?: boolean | undefined
  /** Called when the subscription has been sent to the server. */
  onOpen(): void
}

/**
 * Opens a subscription on one connection, and never reconnects. Yields what the server sends, ends when the server says
 * complete, and throws PawlConnectionError when the connection ends otherwise, PawlAuthError or PawlFault when the
 * server refuses. Items yielded after the signal aborts are ignored.
 */
export type Transport = <R, V>(
  document: TypedDocument<R, V>,
  variables: V,
  delivery: Delivery,
) => AsyncIterableIterator<R>

/** As a transport, for a subscription of the SDK: yields the value of its only field. */
export type Subscribe = <R, V>(
  document: TypedDocument<R, V>,
  variables: V,
  delivery: Delivery,
) => AsyncIterableIterator<Answer<R>>

/** No socket was opened, as by a proxy that lets none through. */
export class SocketRefused extends PawlConnectionError {}
