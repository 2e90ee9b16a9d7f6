import { readAddress } from './address.ts'
import { PawlError } from '../kit/errors.ts'
import type { PawlConnectionError } from '../kit/errors.ts'
import { defaultRetry } from './retry.ts'
import type { RetryOptions } from './retry.ts'

/**
 * A token, or a function that returns the current one; a function is called before each request and each connection.
 */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>)

/** The part of the WebSocket standard that is used: a browser's, Node's, or that of the `ws` package. */
export interface SocketConstructor {
  new (
    url: string,
    protocol: string,
  ): {
    readonly OPEN: number
    readonly readyState: number
    onopen: ((event: never) => void) | null
    onmessage: ((event: never) => void) | null
    onerror: ((event: never) => void) | null
    onclose: ((event: never) => void) | null
    send(data: string): void
    close(code: number): void
  }
}

/** The part of the Fetch standard that is used: the platform's own `fetch`, or any with these members. */
export type Fetch = (
  url: string,
  request: {
    readonly method: 'POST'
    readonly headers: Record<string, string>
    readonly body: string
    readonly signal: AbortSignal
  },
) => Promise<FetchResponse>

/** The part of a response that is used. */
export interface FetchResponse {
  readonly status: number
  readonly url: string
  readonly headers: { get(name: string): string | null }
  /** Read for a stream of server-sent events only. */
  readonly body: ReadableStream<Uint8Array> | null
  text(): Promise<string>
}

/** What `createPawl` takes. */
export interface PawlOptions {
  /** The server's address, with or without `/graphql`. Default: the environment's `PAWL_URL`, in a browser the page's own server. */
  readonly url?: string | URL | undefined
  /** A bearer token. Default: the environment's `PAWL_TOKEN`; in a browser the session cookie is used instead. */
  readonly token?: TokenSource | undefined
  /** Headers for every HTTP request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default: the platform's own. */
  readonly fetch?: Fetch | undefined
  /**
   * Carries subscriptions. Default: the platform's own; if it has none, or for `false`, subscriptions use server-sent
   * events.
   */
  readonly WebSocket?: SocketConstructor | false | undefined
  /**
   * Called once if sockets are refused, as by a proxy, and subscriptions use server-sent events instead. Default: a
   * warning on the console.
   */
  readonly onFallback?: ((why: PawlConnectionError) => void) | undefined
  /**
   * Whether operations of the same moment share an HTTP request, for programs that drive many runs at a time: an answer then comes with the
   * slowest of its request, of at most ten. Default false.
   */
  readonly batch?: boolean | undefined
  /** How requests with lost answers are retried, and lost streams reconnected. */
  readonly retry?: Partial<RetryOptions> | undefined
}

/** How the server is reached: options resolved with their defaults. */
export interface Connection {
  readonly endpoint: string
  readonly fetch: Fetch
  readonly WebSocket: SocketConstructor | undefined
  readonly onFallback: (why: PawlConnectionError) => void
  readonly retry: RetryOptions
  /** Whether operations of the same moment share a request. */
  readonly batch: boolean
  /** Whether reading the token again may return another one. */
  readonly renewsToken: boolean
  readToken(): Promise<string | undefined>
  readHeaders(): Promise<Record<string, string>>
}

/**
 * Resolves options with their defaults.
 *
 * @throws PawlError if no address is given and none can be derived, PawlAddressError if the address is invalid.
 */
export function resolveConnection(options: PawlOptions): Connection {
  const token = options.token || readEnvironment('PAWL_TOKEN')
  const readToken = async () => (typeof token === 'function' ? await token() : token)
  return {
    endpoint: resolveEndpoint(options.url),
    // A browser's fetch refuses to be called as a method of another object.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    WebSocket: options.WebSocket === false ? undefined : (options.WebSocket ?? globalThis.WebSocket),
    onFallback:
      options.onFallback ??
      ((why) => console.warn(`${why.message}: streams of Pawl use server-sent events instead`)),
    batch: options.batch ?? false,
    retry: completeRetry(defaultRetry, options.retry),
    renewsToken: typeof token === 'function',
    readToken,
    readHeaders: async () => {
      const bearer = await readToken()
      // Without a token the browser's cookie authenticates; the header proves that no cross-site form sent the request.
      const identity = bearer ? { authorization: `Bearer ${bearer}` } : { 'x-pawl-csrf': '1' }
      return { ...options.headers, ...identity }
    },
  }
}

/** Merges the given options over the base; an undefined member keeps the base value. */
export function completeRetry(base: RetryOptions, given: Partial<RetryOptions> = {}): RetryOptions {
  const members = Object.entries(given).filter(([, value]) => value != null)
  return { ...base, ...Object.fromEntries(members) }
}

function resolveEndpoint(given: string | URL | undefined): string {
  const page = globalThis.location?.origin
  const address = given || readEnvironment('PAWL_URL') || page
  if (!address) throw new PawlError('createPawl needs a url (or PAWL_URL in the environment)')
  const url = readAddress(address, page)
  if (!url.pathname.endsWith('/graphql')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/graphql`
  return url.href
}

function readEnvironment(name: string): string | undefined {
  return globalThis.process?.env?.[name]?.trim() || undefined
}
